import { expect, test } from "vitest";
import { exploreAll, exploreSeeds, type Verdict } from "./histories.ts";
import { LIMITS, TIMEOUT_MS } from "./limits.ts";
import { accidents, someCast } from "./long-histories.ts";
import { safe } from "./protocols.ts";
import { SMALL_CASES } from "./small-cases.ts";

/** What went wrong, and how it came to that. */
function story(found: Verdict | null): string {
  return found === null ? "" : `${found.violation}\n${found.trace.slice(-20000).join("\n")}`;
}

test(
  "nothing goes wrong in any order in which a few can meet",
  async () => {
    const lines: string[] = [];
    for (const { name, cast, setting } of SMALL_CASES) {
      const end = await exploreAll(cast, { protocol: safe, setting, limit: LIMITS.runs });
      expect(story(end.found), name).toBe("");
      expect(end.histories).toBeGreaterThan(0);
      lines.push(`${end.complete ? "all" : "first"} ${end.histories} histories: ${name}`);
    }
    console.log(lines.join("\n"));
  },
  TIMEOUT_MS,
);

test(
  "nothing goes wrong in long histories made by luck",
  async () => {
    const { firstSeed, histories: count } = LIMITS;
    const end = await exploreSeeds(someCast, { protocol: safe, setting: accidents, firstSeed, count });
    console.log(
      `${end.histories} histories from seed ${firstSeed}, ${end.steps} steps; ` +
        `${end.instants} times another mtui wrote between a compare of ours and the change after it`,
    );
    expect(story(end.found), `replay with MTUI_SEED=${end.found?.seed}`).toBe("");
  },
  TIMEOUT_MS,
);
