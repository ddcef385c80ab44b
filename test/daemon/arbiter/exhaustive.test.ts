import { expect, test } from "vitest";
import { explore, type Scenario, type Shape } from "./exploration.ts";
import { foreign, unreachable } from "./shell-lab.ts";

/** By default the large scenarios are cut off after so many states, nearest first; MTUI_LONG=1 visits them all. */
const LONG = process.env["MTUI_LONG"] === "1";
const CUT = 6_000;

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
  const { states, moves, complete } = explore(scenario, LONG ? 5_000_000 : CUT);
  console.log(`arbiter, ${name}: ${complete ? "all" : "the first"} ${states} states, ${moves} moves`);
  expect(states).toBeGreaterThan(LONG ? CUT : CUT - 1);
});
