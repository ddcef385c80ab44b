import { expect, test } from "vitest";
import { LIMITS, TIMEOUT_MS } from "./limits.ts";
import { UNSAFE } from "./protocols.ts";
import { runSuite } from "./suite.ts";

/** The same suite that finds nothing in our protocol has to find these. */
test(
  "every unsafe protocol is found out",
  async () => {
    const rows: string[] = [];
    for (const { name, pitfall, protocol } of UNSAFE) {
      const end = await runSuite(protocol, { runs: 1_500, histories: 2_000, firstSeed: LIMITS.firstSeed });
      rows.push(
        `${pitfall} | ${name} | ${end.found?.violation?.split(":")[0] ?? "NOT FOUND"} | ${end.where} | ${end.histories} histories`,
      );
    }
    console.log(rows.join("\n"));
    expect(rows.filter((row) => row.includes("NOT FOUND"))).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(10);
  },
  TIMEOUT_MS,
);
