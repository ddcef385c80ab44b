import { type ArbiterState, initialState } from "../../../packages/daemon/src/arbiter/state.ts";
import { step as arbiterStep } from "../../../packages/daemon/src/arbiter/step.ts";
import { checkState } from "./invariants.ts";
import type { Move } from "./machine.ts";
import { type Choice, choicesOf, elapsed } from "./possible-moves.ts";
import { restarted } from "./restart.ts";
import { type Scenario, type World, worldOf } from "./scenario.ts";
import { codeLength, decode, encode, NOW } from "./state-code.ts";
import { StateTable } from "./state-table.ts";
import { checkStep } from "./step-checks.ts";

export interface Explored {
  readonly states: number;
  readonly moves: number;
  readonly complete: boolean;
}

interface Options {
  /** Ends after so many states. */
  readonly limit?: number;
  /** In place of the arbiter's own, to see faults found. */
  readonly step?: typeof arbiterStep;
}

/**
 * Visits every state that the scenario can reach, nearest first, checking each step and each state. Each
 * state is visited as its code tells it (state-code.ts), which is why codes are all that is kept.
 */
export function explore(scenario: Scenario, options: Options = {}): Explored {
  const { limit = Number.POSITIVE_INFINITY, step = arbiterStep } = options;
  const world = worldOf(scenario);
  const table = new StateTable(codeLength(world));
  const code = new Uint8Array(codeLength(world));
  encode(world, initialState(world.config), { now: NOW, into: code });
  table.add(code, 0);
  let moves = 0;
  for (let index = 0; index < table.size; index++) {
    const state = decode(world, table.code(index));
    for (const choice of choicesOf(world, state, NOW)) {
      moves += 1;
      try {
        const next = follow(state, choice, { now: NOW, step });
        encode(world, next, { now: NOW, into: code });
        if (table.add(code, index)) checkState(next, NOW);
      } catch (thrown) {
        const story = [...storyOf(world, table, { index, step }), describe(choice)].join("\n");
        throw new Error(`${String(thrown)}\nafter:\n${story}`, { cause: thrown });
      }
      if (table.size >= limit) return { states: table.size, moves, complete: false };
    }
  }
  return { states: table.size, moves, complete: true };
}

/** The state after what was chosen; each step on the way is checked. */
export function follow(
  before: ArbiterState,
  { moves, due, restart }: Choice,
  { now, step }: { now: number; step: typeof arbiterStep },
): ArbiterState {
  if (restart) return restarted(before, { now, step }).state;
  let state = due ? elapsed(before, due, now) : before;
  for (const move of moves) {
    const { state: after, effects } = step(state, { ...move, at: now });
    checkStep(state, after, { move, effects, now });
    state = after;
  }
  return state;
}

/** The choices that led to a state, first to last. */
function storyOf(
  world: World,
  table: StateTable,
  { index, step }: { index: number; step: typeof arbiterStep },
): string[] {
  if (index === 0) return [];
  const parent = table.parent(index);
  const state = decode(world, table.code(parent));
  const code = new Uint8Array(codeLength(world));
  const found = choicesOf(world, state, NOW).find((choice) => {
    encode(world, follow(state, choice, { now: NOW, step }), { now: NOW, into: code });
    return Buffer.compare(code, table.code(index)) === 0;
  });
  return [...storyOf(world, table, { index: parent, step }), found ? describe(found) : "?"];
}

function describe({ moves, due, restart }: Choice): string {
  if (restart) return "the daemon dies and starts again";
  const moment = due
    ? `the moment comes for ${[...due.hosts, ...due.releases, ...due.tickets, ...due.forgotten].join(", ")}`
    : "";
  return [moment, ...moves.map(describeMove)].filter(Boolean).join(": ");
}

function describeMove(move: Move): string {
  if (move.type === "request") {
    const { workspace, slots, partial } = move.request;
    return `${workspace} requests ${slots.map(({ candidates }) => candidates.map(({ key }) => key).join("|")).join(" + ")}${partial ? " (partial)" : ""}`;
  }
  return JSON.stringify(move, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value));
}
