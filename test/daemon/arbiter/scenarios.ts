import type { Scenario, Shape } from "./scenario.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";

/**
 * What is explored. Closing, cancelling and attempts that break are everywhere. `full` is 3 workspaces x 3
 * hosts x 2 slots: one that can choose, one that cannot, and one that takes any host. All the rest at
 * once would be too many states to see, so that each large scenario has some of it; together they have each
 * pair of: foreign locks, dead hosts, dirty hosts, leftovers, takeovers, reports of health, partial
 * requests, patience that ends, the three ways to share queues, 0, 1 and 2 overtakes (see `pairs` in
 * exhaustive.test.ts). The bounds are: one ticket per workspace at a time where nothing else is said;
 * one lock file left behind at a time; every event later than the one before.
 */
export interface Named {
  readonly name: string;
  readonly scenario: Scenario;
  /** Cut off in quick runs. */
  readonly isLarge?: boolean;
}

const A: Shape = [["A"]];
const B: Shape = [["B"]];
const AandB: Shape = [["A"], ["B"]];
const BandA: Shape = [["B"], ["A"]];
const any: Shape = [["A", "B", "C"]];
const anyTwo: Shape = [
  ["A", "B"],
  ["B", "C"],
];

const full = { shapes: { w1: [anyTwo], w2: [AandB], w3: [any] }, overtakes: 1, faults: [] } as const;
const leftovers = "at the end";
const ownQueues = { w1: "x", w2: "y", w3: "z" };
const oneQueue = { w1: "x", w2: "x", w3: "x" };
const allFaults = [foreign, unreachable, dirty];

export const scenarios: readonly Named[] = [
  {
    name: "both orders of two hosts",
    scenario: {
      shapes: { w1: [AandB], w2: [BandA] },
      overtakes: 1,
      faults: allFaults,
      leftovers: "at any time",
    },
  },
  {
    name: "more hosts while holding",
    scenario: { shapes: { w1: [A, B], w2: [A, B] }, overtakes: 1, faults: [foreign], takeovers: true },
  },
  { name: "3 x 3 x 2", scenario: { ...full, leftovers } },
  { name: "3 x 3 x 2, one queue", scenario: { ...full, leftovers, namespaces: oneQueue } },
  { name: "3 x 3 x 2, a queue each", scenario: { ...full, leftovers, namespaces: ownQueues } },
  { name: "F D Y L", isLarge: true, scenario: { ...full, faults: allFaults, leftovers, partial: ["w1"] } },
  {
    name: "T F Y L",
    isLarge: true,
    scenario: {
      ...full,
      faults: [foreign, dirty],
      takeovers: true,
      leftovers,
      partial: ["w1"],
      patience: { w2: 1000 },
    },
  },
  {
    name: "T D L",
    isLarge: true,
    scenario: { ...full, faults: [unreachable], takeovers: true, leftovers, patience: { w1: 1000, w3: 0 } },
  },
  {
    name: "H T P L",
    isLarge: true,
    scenario: { ...full, health: true, takeovers: true, leftovers, partial: ["w1"] },
  },
  { name: "H F Y", isLarge: true, scenario: { ...full, health: true, faults: [foreign, dirty], leftovers } },
  { name: "H D", isLarge: true, scenario: { ...full, health: true, faults: [unreachable] } },
  { name: "late F Y", isLarge: true, scenario: { ...full, lateAlarm: true, faults: [foreign, dirty] } },
  { name: "anytime", isLarge: true, scenario: { ...full, leftovers: "at any time", faults: [] } },
  {
    name: "two each",
    isLarge: true,
    scenario: {
      shapes: { w1: [A, anyTwo], w2: [BandA, any] },
      ticketsEach: 2,
      overtakes: 1,
      faults: [],
      leftovers,
    },
  },
];
