import { execFileSync, spawnSync } from "node:child_process";
import { compareRpmVersions } from "@mtui/core/domain";
import { array, constantFrom, oneof, option, sample, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { rpmVersionCases } from "../core/domain/rpm-version-cases.ts";

const hasRpm =
  spawnSync("rpm", ["--eval", '%{lua:print(rpm.vercmp("1","2"))}']).stdout?.toString().trim() === "-1";

/**
 * Sixty pairs in each run of rpm, since Lua nests no deeper. The texts hold nothing that
 * rpm's macros or Lua would interpret.
 */
function askRpm(pairs: readonly (readonly [string, string])[]): number[] {
  const chunk = pairs.slice(0, 60);
  if (chunk.length === 0) return [];
  const lua = `print(${chunk.map(([a, b]) => `rpm.vercmp("${a}","${b}")`).join(' .. " " .. ')})`;
  const answer = execFileSync("rpm", ["--eval", `%{lua:${lua}}`], { encoding: "utf8", timeout: 30_000 });
  return [...answer.trim().split(/\s+/).map(Number), ...askRpm(pairs.slice(60))];
}

describe.skipIf(!hasRpm)("the machine's rpm (skipped where there is none)", () => {
  it("agrees on the table", () => {
    const orders = askRpm(rpmVersionCases.map(([a, b]) => [a, b] as const));
    const ours = rpmVersionCases.map(([a, b, order]) => [a, b, order]);
    expect(rpmVersionCases.map(([a, b], index) => [a, b, orders[index]])).toEqual(ours);
  });

  it("agrees on random versions", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
    console.info(`seed ${seed} (SEED=${seed} repeats it)`);
    const text = array(
      constantFrom("0", "1", "2", "10", "007", "a", "b", "ab", "Z", ".", "_", "+", "~", "^"),
      {
        minLength: 1,
        maxLength: 8,
      },
    ).map((parts) => parts.join(""));
    const version = tuple(constantFrom("", "0:", "1:", "12:"), text, option(text)).map(
      ([epoch, label, release]) => `${epoch}${label}${release === null ? "" : `-${release}`}`,
    );
    // Half of the pairs share a beginning, so that the comparison gets to the later parts.
    const related = tuple(text, version, version).map(([start, a, b]) => {
      return [start + a.replace(":", "."), start + b.replace(":", ".")] as [string, string];
    });
    const pairs = sample(oneof(tuple(version, version), related), { seed, numRuns: 1500 });
    const orders = askRpm(pairs);
    expect(pairs.map(([a, b]) => [a, b, compareRpmVersions(a, b)])).toEqual(
      pairs.map(([a, b], index) => [a, b, orders[index]]),
    );
  });
});
