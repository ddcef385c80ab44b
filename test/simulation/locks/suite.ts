import { exploreAll, exploreSeeds, type Verdict } from "./histories.ts";
import { accidents, someCast } from "./long-histories.ts";
import type { Protocol } from "./link.ts";
import { SMALL_CASES } from "./small-cases.ts";

export interface SuiteLimits {
  /** Runs of one small case. */
  readonly runs: number;
  /** Histories by luck. */
  readonly histories: number;
  readonly firstSeed: number;
}

export interface SuiteEnd {
  readonly histories: number;
  readonly steps: number;
  /** Where it was found. */
  readonly where: string | null;
  readonly found: Verdict | null;
  readonly cases: readonly CaseCount[];
}

export interface CaseCount {
  readonly name: string;
  readonly histories: number;
  readonly complete: boolean;
}

/** Every small case in all its orders, then histories by luck; up to the first thing that is wrong. */
export async function runSuite(protocol: Protocol, limits: SuiteLimits): Promise<SuiteEnd> {
  let histories = 0;
  let steps = 0;
  const cases: CaseCount[] = [];
  for (const { name, cast, setting } of SMALL_CASES) {
    const end = await exploreAll(cast, { protocol, setting, limit: limits.runs });
    histories += end.histories;
    steps += end.steps;
    cases.push({ name, histories: end.histories, complete: end.complete });
    if (end.found !== null) return { histories, steps, cases, where: name, found: end.found };
  }
  const lucky = await exploreSeeds(someCast, {
    protocol,
    setting: accidents,
    firstSeed: limits.firstSeed,
    count: limits.histories,
  });
  histories += lucky.histories;
  steps += lucky.steps;
  const where = lucky.found === null ? null : `seed ${lucky.found.seed}`;
  return { histories, steps, cases, where, found: lucky.found };
}
