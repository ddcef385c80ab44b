import fc from "fast-check";
import type { ArbiterState } from "../../../packages/daemon/src/arbiter/state.ts";
import { type Move, request } from "./machine.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";

export const WORKSPACES = 50;
export const HOSTS = 30;
const NAMESPACES = 5;

/** A move before it is known what there is to move: numbers that pick among the possible. */
export const idea = fc.record({
  kind: fc.nat(99),
  pick: fc.nat(10_000),
  workspace: fc.nat(WORKSPACES - 1),
  slots: fc.array(fc.uniqueArray(fc.nat(HOSTS - 1), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 3,
  }),
  fault: fc.nat(2),
  partial: fc.nat(9),
  wait: fc.constantFrom(0, 5_000, 60_000, Number.POSITIVE_INFINITY),
  delay: fc.nat(20_000),
});
export type Idea = typeof idea extends fc.Arbitrary<infer T> ? T : never;

/** The daemon may die and start again, too. */
export type HistoryMove = Move | { readonly type: "restart" };

const cancelled = { kind: "request.cancelled", message: "no", retryable: false } as const;
const broken = { kind: "internal", message: "broke", retryable: false } as const;

function pickFrom<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

/** How often of a hundred each sort of move is meant; whatever cannot be at the moment is left out. */
const KINDS: readonly (readonly [number, (state: ArbiterState, idea: Idea) => HistoryMove | null])[] = [
  [22, askAnything],
  [10, askForMore],
  [30, succeed],
  [8, findFault],
  [1, breakOff],
  [2, leaveUnderWay],
  [13, release],
  [2, leave],
  [3, cancel],
  [2, close],
  [3, takeOver],
  [2, reportHealth],
  [1, () => ({ type: "restart" })],
  [1, () => ({ type: "tick" })],
];

export function moveOf(state: ArbiterState, idea: Idea): HistoryMove | null {
  let kind = idea.kind;
  for (const [share, make] of KINDS) {
    if (kind < share) return make(state, idea);
    kind -= share;
  }
  throw new Error(`the shares end before ${idea.kind}`);
}

function askAnything(_state: ArbiterState, idea: Idea): Move {
  return ask(
    `w${idea.workspace}`,
    idea.slots.map((hosts) => hosts.map((host) => `h${host}`)),
    idea,
  );
}

/**
 * A workspace that holds a host asks for it and for others, so that several of its requests wait for
 * more while they share what it has.
 */
function askForMore(state: ArbiterState, idea: Idea): Move | null {
  const own = pickFrom(claimed(state), idea.pick);
  if (!own) return null;
  const others = idea.slots.map((hosts) => hosts.map((host) => `h${host}`));
  return ask(own.workspace, [idea.fault === 0 ? [own.key, ...(others[0] ?? [])] : [own.key], ...others], {
    ...idea,
    wait: Number.POSITIVE_INFINITY,
  });
}

function ask(workspace: string, slots: readonly (readonly string[])[], { wait, partial }: Idea): Move {
  const namespace = `n${Number(workspace.slice(1)) % NAMESPACES}`;
  const options = { namespace, wait: { own: wait, foreign: wait }, partial: partial === 0 };
  return { type: "request", request: request(workspace, slots, options) };
}

function claimed(state: ArbiterState) {
  return held(state).filter(({ hold }) => hold.state === "claimed");
}

function held(state: ArbiterState) {
  return [...state.hosts.values()].flatMap(({ key, holder }) => (holder ? [{ key, ...holder }] : []));
}

function attempts(state: ArbiterState) {
  return [...state.tickets.values()].flatMap(({ id, attempt, phase }) =>
    phase.state === "acquiring" ? [{ id, attempt, assigned: phase.assigned }] : [],
  );
}

/** An attempt of which nothing was given up under way may succeed. */
function succeed(state: ArbiterState, { pick }: Idea): Move | null {
  const whole = attempts(state).filter(({ assigned }) =>
    assigned.every(({ key, claim }) => {
      const holder = state.hosts.get(key)?.holder;
      return holder?.claim === claim && holder.hold.state === "acquiring";
    }),
  );
  const found = pickFrom(whole, pick);
  if (!found) return null;
  return { type: "attempted", ticket: found.id, attempt: found.attempt, faults: new Map(), jitter: 0 };
}

function findFault(state: ArbiterState, { pick, fault }: Idea): Move | null {
  const found = pickFrom(attempts(state), pick);
  const host = pickFrom(found?.assigned ?? [], pick)?.key;
  if (!found || host === undefined) return null;
  const faults = new Map([[host, [foreign, unreachable, dirty][fault] ?? foreign]]);
  return { type: "attempted", ticket: found.id, attempt: found.attempt, faults, jitter: (pick % 100) / 100 };
}

function breakOff(state: ArbiterState, { pick }: Idea): Move | null {
  const found = pickFrom(attempts(state), pick);
  return found ? { type: "broken", ticket: found.id, attempt: found.attempt, error: broken } : null;
}

function leaveUnderWay(state: ArbiterState, { pick }: Idea): Move | null {
  const holder = pickFrom(
    held(state).filter(({ hold }) => hold.state === "acquiring"),
    pick,
  );
  return holder ? { type: "releasing", claim: holder.claim, reason: "left" } : null;
}

function release(state: ArbiterState, { pick }: Idea): Move | null {
  const holder = pickFrom(
    held(state).filter(({ hold }) => hold.state !== "acquiring"),
    pick,
  );
  return holder ? { type: "release", claim: holder.claim } : null;
}

function leave(state: ArbiterState, { pick }: Idea): Move | null {
  const holder = pickFrom(claimed(state), pick);
  return holder ? { type: "releasing", claim: holder.claim, reason: "left" } : null;
}

function cancel(state: ArbiterState, { pick }: Idea): Move | null {
  const ticket = pickFrom([...state.tickets.keys()], pick);
  return ticket === undefined ? null : { type: "cancel", ticket, error: cancelled };
}

function close(_state: ArbiterState, { workspace }: Idea): Move {
  return { type: "close", workspace: `w${workspace}` };
}

/** Now and then by somebody who saw another claim. */
function takeOver(state: ArbiterState, { pick, workspace, partial }: Idea): Move | null {
  const holder = pickFrom(claimed(state), pick);
  const by = { workspace: `w${workspace}`, rrid: null, job: null };
  const claim = partial === 0 ? "c0" : holder?.claim;
  return holder && claim ? { type: "takeover", host: holder.key, claim, by, reason: "r" } : null;
}

function reportHealth(_state: ArbiterState, { pick, fault }: Idea): Move {
  return { type: "health", host: `h${pick % HOSTS}`, reason: fault === 0 ? "bad" : null };
}

/** A few who come in a round, of workspaces that hold and want nothing; after some rounds nobody does. */
export function newcomers(state: ArbiterState, ideas: readonly Idea[], round: number): Move[] {
  const PER_ROUND = 6;
  const ROUNDS = 30;
  if (round >= ROUNDS) return [];
  const busy = new Set([...state.tickets.values()].map(({ workspace }) => workspace));
  for (const { workspace } of held(state)) busy.add(workspace);
  return ideas
    .slice(round * PER_ROUND, (round + 1) * PER_ROUND)
    .filter(({ workspace }) => !busy.has(`w${workspace}`))
    .map((idea) => askAnything(state, { ...idea, wait: Number.POSITIVE_INFINITY }));
}
