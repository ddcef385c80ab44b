import { describe, expect, test } from "vitest";
import { type Named, scenarios } from "./scenarios.ts";
import { exploreAside } from "./side-by-side.ts";

/**
 * In long runs every scenario is explored to its end. Else the large ones are cut off after so many states,
 * nearest first (or after what MTUI_STATES says); the output tells which.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const CUT = Number(process.env["MTUI_STATES"] ?? (LONG ? Number.POSITIVE_INFINITY : 12_000));

describe.concurrent("every state that can be reached keeps the invariants", () => {
  test.each(scenarios)("$name", { timeout: 7_200_000 }, async ({ name, isLarge }) => {
    const { states, moves, complete } = await exploreAside(name, isLarge ? CUT : Number.POSITIVE_INFINITY);
    console.log(`arbiter, ${name}: ${complete ? "all" : "the first"} ${states} states, ${moves} moves`);
    expect(complete || (isLarge === true && states >= CUT)).toBe(true);
  });
});

/** The names of what a scenario of the full size has. */
function featuresOf({ scenario }: Named): string[] {
  const { shapes, faults, ...options } = scenario;
  const isFull = Object.keys(shapes).length === 3 && new Set(Object.values(shapes).flat(3)).size === 3;
  return isFull ? [...faults.map(({ kind }) => kind), ...Object.keys(options)] : [];
}

test("each two of what may happen happen together on 3 workspaces x 3 hosts x 2 slots", () => {
  const features = ["foreign-lock", "unreachable", "dirty", "leftovers", "takeovers", "health", "partial"];
  features.push("patience", "restarts");
  const together = new Set(
    scenarios.flatMap((entry) => featuresOf(entry).flatMap((a) => featuresOf(entry).map((b) => `${a} ${b}`))),
  );
  const missing = features
    .flatMap((a) => features.map((b) => `${a} ${b}`))
    .filter((pair) => !together.has(pair));
  expect(missing).toEqual([]);
  const late = features.filter((feature) => !together.has(`lateAlarm ${feature}`));
  expect(late).toEqual(["takeovers"]);
});
