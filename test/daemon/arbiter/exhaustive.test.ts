import { expect, test } from "vitest";
import { explore, type Scenario, type Shape } from "./exploration.ts";
import { foreign, unreachable } from "./shell-lab.ts";

/**
 * The large scenarios are cut off after so many states, nearest first: 6 000, in long runs 60 000, or
 * what MTUI_STATES says. The output tells whether all were seen.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const CUT = Number(process.env["MTUI_STATES"] ?? (LONG ? 60_000 : 6_000));

const A: Shape = [["A"]];
const B: Shape = [["B"]];
const AandB: Shape = [["A"], ["B"]];
const BandA: Shape = [["B"], ["A"]];
const any: Shape = [["A", "B", "C"]];
const anyTwo: Shape = [
  ["A", "B"],
  ["B", "C"],
];
const none = [] as const;

const small: [string, Scenario][] = [
  [
    "both orders of two hosts",
    { shapes: { w1: [AandB], w2: [BandA] }, overtakes: 1, faults: none, leftovers: true },
  ],
  ["both orders, foreign locks", { shapes: { w1: [AandB], w2: [BandA] }, overtakes: 1, faults: [foreign] }],
  [
    "more hosts while holding",
    { shapes: { w1: [A, B], w2: [A, B] }, overtakes: 1, faults: none, takeovers: true },
  ],
];

const large: [string, Scenario][] = [
  ["wide among narrow", { shapes: { w1: [AandB], w2: [A], w3: [B] }, overtakes: 1, faults: none }],
  [
    "two workspaces, all faults",
    { shapes: { w1: [AandB], w2: [BandA] }, overtakes: 1, faults: [foreign, unreachable], leftovers: true },
  ],
  [
    "3 x 3 x 2",
    { shapes: { w1: [anyTwo], w2: [AandB], w3: [any] }, overtakes: 1, faults: none, leftovers: true },
  ],
  [
    "3 x 3 x 2, foreign locks",
    { shapes: { w1: [anyTwo], w2: [AandB], w3: [any] }, overtakes: 1, faults: [foreign] },
  ],
  [
    "3 x 3 x 2, dead hosts",
    { shapes: { w1: [anyTwo], w2: [AandB], w3: [any] }, overtakes: 2, faults: [unreachable] },
  ],
  [
    "3 x 3 x 2, partial",
    { shapes: { w1: [anyTwo], w2: [anyTwo], w3: [AandB] }, overtakes: 0, faults: none, partial: true },
  ],
  [
    "3 x 3 x 2, takeover",
    { shapes: { w1: [anyTwo], w2: [AandB, any], w3: [any] }, overtakes: 1, faults: none, takeovers: true },
  ],
];

test.each(small)("every reachable state keeps the invariants: %s", { timeout: 120_000 }, (name, scenario) => {
  const { states, moves, complete } = explore(scenario);
  console.log(`arbiter, ${name}: all ${states} states, ${moves} moves`);
  expect(complete).toBe(true);
});

test.each(large)("every state keeps the invariants: %s", { timeout: 7_200_000 }, (name, scenario) => {
  const { states, moves, complete } = explore(scenario, CUT);
  console.log(`arbiter, ${name}: ${complete ? "all" : "the first"} ${states} states, ${moves} moves`);
  expect(complete || states >= CUT).toBe(true);
});
