import { describe, expect, test } from "vitest";
import { scenarios } from "./scenarios.ts";
import { exploreAside } from "./side-by-side.ts";

/**
 * In long runs every scenario is explored to its end. Else the large ones are cut off after so many states,
 * nearest first (or after what MTUI_STATES says); the output tells which.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const CUT = Number(process.env["MTUI_STATES"] ?? (LONG ? Number.POSITIVE_INFINITY : 25_000));

describe.concurrent("every state that can be reached keeps the invariants", () => {
  test.each(scenarios)("$name", { timeout: 7_200_000 }, async ({ name, isLarge }) => {
    const { states, moves, complete } = await exploreAside(name, isLarge ? CUT : Number.POSITIVE_INFINITY);
    console.log(`arbiter, ${name}: ${complete ? "all" : "the first"} ${states} states, ${moves} moves`);
    expect(complete || (isLarge === true && states >= CUT)).toBe(true);
  });
});
