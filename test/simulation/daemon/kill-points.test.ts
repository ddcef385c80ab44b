import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchFiles } from "./kill.ts";
import { differences, type Wanted } from "./differences.ts";
import { play, type Played } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** "<operation>: <point>", and ", <n>" for the n-th point of the life after: one death, or two, again. */
const AGAIN = process.env["MTUI_KILL"];
/** Points of one operation at which it is really killed; of longer ones a sample by the seed, that many. */
const MOST = LONG ? Infinity : 24;
/** Second deaths, of each operation. */
const SECOND = LONG ? 200 : 4;

const totals = { operations: 0, points: 0, killed: 0, second: 0, missed: 0 };

/** Deterministic by seed and operation, whatever else runs. */
function randomOf(text: string): () => number {
  let state = SEED;
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function verdict(scenario: Scenario, { got, wanted }: { got: Played; wanted: Wanted }): string[] {
  const faults = [...got.faults, ...differences(scenario, { got, ...wanted })];
  return faults.filter((each) => scenario.allowed?.includes(each) !== true);
}

async function withoutDeath(scenario: Scenario): Promise<Wanted> {
  const nothing: Scenario = { ...scenario, operate: async () => undefined };
  return {
    want: await play(scenario, []),
    without: scenario.open === undefined ? null : await play(nothing, []),
  };
}

/** So many of them, in their order. */
function sample<T>(all: readonly T[], { count, random }: { count: number; random: () => number }): T[] {
  const ranked = all.map((each, index) => ({ each, index, rank: random() }));
  const chosen = ranked.toSorted((a, b) => a.rank - b.rank).slice(0, Math.min(count, all.length));
  return chosen.toSorted((a, b) => a.index - b.index).map(({ each }) => each);
}

async function sweep(
  scenario: Scenario,
): Promise<{ points: number; killed: number; second: number; bad: string[] }> {
  const { name } = scenario;
  const wanted = await withoutDeath(scenario);
  const { want } = wanted;
  const bad = verdict(scenario, { got: want, wanted }).map((each) => `${name}, never killed: ${each}`);
  if (!doesWork(scenario, want)) bad.push(`${name}, never killed: no host saw ${scenario.changes}`);
  const points = want.points[0] ?? [];
  const random = randomOf(name);
  const twice: { point: string; of: number }[] = [];
  let killed = 0;
  for (const point of sample(points, { count: MOST, random })) {
    const got = await judged(scenario, { wanted, point, bad });
    if (got?.killed) killed += 1;
    const after = got?.points[1]?.length ?? 0;
    if (after > 0) twice.push({ point, of: after });
  }
  let second = 0;
  for (const point of scenario.twice?.(points) ?? []) {
    const got = await judged(scenario, { wanted, point, bad });
    const after = got?.points[1]?.length ?? 0;
    for (let later = 1; later <= after; later++) await judged(scenario, { wanted, point, later, bad });
    second += after;
  }
  for (let count = Math.min(points.length, SECOND); count > 0 && twice.length > 0; count--) {
    const { point, of } = twice[Math.floor(random() * twice.length)] as (typeof twice)[0];
    await judged(scenario, { wanted, point, later: 1 + Math.floor(random() * of), bad });
    second += 1;
  }
  return { points: points.length, killed, second, bad };
}

function doesWork({ changes }: Scenario, { after }: Played): boolean {
  return (
    changes === undefined ||
    Object.values(after.changes)
      .flat()
      .some((each) => changes.test(each))
  );
}

/** One death, or two; what is wrong afterwards is added to `bad`. */
async function judged(
  scenario: Scenario,
  { wanted, point, later, bad }: { wanted: Wanted; point: string; later?: number; bad: string[] },
): Promise<Played | null> {
  const where = `${scenario.name}: ${point}${later === undefined ? "" : `, ${later}`}`;
  if (process.env["MTUI_V"]) console.error(where);
  try {
    const deaths = [{ label: point }, ...(later === undefined ? [] : [{ at: later }])];
    const got = await play(scenario, deaths);
    // Two hosts end a step in one write or in two, as the disk happens to answer: not every life has every point.
    if (!got.killed) totals.missed += 1;
    bad.push(...verdict(scenario, { got, wanted }).map((each) => `MTUI_KILL="${where}": ${each}`));
    return got;
  } catch (thrown) {
    bad.push(`MTUI_KILL="${where}": ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

let unwatchFiles: () => void;
beforeAll(() => void (unwatchFiles = watchFiles()));
afterAll(() => unwatchFiles());

describe("the daemon, killed wherever it touches the world", () => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    { timeout: 600_000 },
    async (name, scenario) => {
      if (AGAIN !== undefined) {
        if (!AGAIN.startsWith(`${name}: `)) return;
        const [point = "", later] = AGAIN.slice(name.length + 2).split(", ");
        const bad: string[] = [];
        const wanted = await withoutDeath(scenario);
        const got = await judged(scenario, {
          wanted,
          point,
          ...(later === undefined ? {} : { later: Number(later) }),
          bad,
        });
        console.log(JSON.stringify({ points: got?.points, after: got?.after }, null, 1));
        expect(bad).toEqual([]);
        return;
      }
      const { points, killed, second, bad } = await sweep(scenario);
      totals.operations += 1;
      totals.points += points;
      totals.killed += killed;
      totals.second += second;
      console.log(`${name}: ${points} points, killed at ${killed}, ${second} twice (MTUI_SEED=${SEED})`);
      if (process.env["MTUI_V"]) for (const each of bad) console.error(each);
      expect(points).toBeGreaterThan(0);
      expect(bad).toEqual([]);
    },
  );

  test.runIf(AGAIN === undefined)("all points of all operations", () => {
    const { operations, points, killed, second, missed } = totals;
    const few = `killed at ${killed} of them${LONG ? "" : " (MTUI_LONG=1: at all)"}, ${second} twice`;
    console.log(
      `${operations} operations, ${points} points, ${few}, ${missed} not reached again (MTUI_SEED=${SEED})`,
    );
    expect(missed).toBeLessThan(killed / 20);
    expect(operations).toBe(SCENARIOS.length);
  });
});
