import type { Scenario, Shape } from "./scenario.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";

/**
 * What is explored. Closes, cancels and attempts that break may come anywhere. `full` is 3 workspaces x 3
 * hosts x 2 slots: one workspace that can choose, one that cannot, and one that takes any host. Everything
 * everywhere at once would be too many states to see, so that the bounds of each are these:
 *
 * - one request per workspace at a time, in the last scenario two; the shapes that are listed, again and again;
 * - what each scenario lists may happen, any number of times, on all its hosts or those that are named.
 *   All of it at once, but for late alarms, happens on the host that all three want; each sort of trouble
 *   on all hosts has a scenario of its own. exhaustive.test.ts checks that no pair is left out;
 * - an attempt that fails leaves at most one lock file behind (any number in `leftovers at any time`);
 * - events follow each other in time, none comes in the same millisecond as the one before;
 * - how often something failed, and for how long it is left alone, has no bound: see state-code.ts.
 */
export interface Named {
  readonly name: string;
  readonly scenario: Scenario;
  /** Cut off in quick runs. */
  readonly isLarge?: boolean;
}

const A: Shape = [["A"]];
const B: Shape = [["B"]];
const C: Shape = [["C"]];
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
const everyFault = [foreign, unreachable, dirty];

export const scenarios: readonly Named[] = [
  {
    name: "both orders of two hosts",
    scenario: {
      shapes: { w1: [AandB], w2: [BandA] },
      overtakes: 1,
      faults: everyFault,
      leftovers: "at any time",
      restarts: true,
    },
  },
  {
    name: "more hosts while holding",
    scenario: {
      shapes: { w1: [A, B], w2: [A, B], w3: [B] },
      overtakes: 1,
      faults: [foreign],
      takeovers: true,
    },
  },
  { name: "3 x 3 x 2", scenario: { ...full, leftovers, partial: ["w1"], restarts: true } },
  { name: "3 x 3 x 2, one queue", scenario: { ...full, leftovers, namespaces: oneQueue, overtakes: 0 } },
  { name: "3 x 3 x 2, a queue each", scenario: { ...full, leftovers, namespaces: ownQueues, overtakes: 2 } },
  {
    name: "what is kept moves",
    scenario: {
      shapes: { w1: [[["A", "B"], ["C"]]], w2: [A], w3: [B, C] },
      overtakes: 0,
      faults: [],
      leftovers,
    },
  },
  {
    name: "what is kept is not what is taken",
    scenario: {
      shapes: { w1: [[["C"], ["A", "B"]]], w2: [[["A"], ["C"]]], w3: [B, C] },
      overtakes: 0,
      faults: [],
      leftovers,
    },
  },
  {
    name: "every trouble at once, on one host",
    isLarge: true,
    scenario: {
      ...full,
      faults: everyFault,
      troubled: ["B"],
      health: ["B"],
      takeovers: true,
      leftovers,
      partial: ["w1"],
      patience: { w2: 1000 },
      restarts: true,
    },
  },
  {
    name: "alarms that ring late",
    isLarge: true,
    scenario: {
      ...full,
      faults: everyFault,
      troubled: ["B"],
      health: ["B"],
      leftovers,
      partial: ["w1"],
      patience: { w2: 1000 },
      restarts: true,
      lateAlarm: true,
    },
  },
  {
    name: "foreign locks and takeovers",
    isLarge: true,
    scenario: { ...full, faults: [foreign], takeovers: true, partial: ["w2"], restarts: true },
  },
  {
    name: "dead and dirty hosts",
    isLarge: true,
    scenario: { ...full, faults: [unreachable, dirty], patience: { w1: 1000, w3: 0 } },
  },
  {
    name: "foreign, dead and dirty hosts",
    isLarge: true,
    scenario: { ...full, faults: everyFault },
  },
  {
    name: "reports of health",
    isLarge: true,
    scenario: { ...full, health: ["A", "B", "C"], partial: ["w1"] },
  },
  {
    name: "leftovers at any time",
    isLarge: true,
    scenario: { ...full, leftovers: "at any time" },
  },
  {
    name: "two requests each",
    isLarge: true,
    scenario: {
      shapes: { w1: [A, [["A", "C"], ["B"]], [["A"], ["C"]]], w2: [B] },
      ticketsEach: 2,
      overtakes: 0,
      faults: [],
      leftovers,
    },
  },
];
