import type { Effect } from "../../../packages/daemon/src/arbiter/events.ts";
import { compareRank } from "../../../packages/daemon/src/arbiter/rank.ts";
import type { ArbiterState } from "../../../packages/daemon/src/arbiter/state.ts";
import { keepable } from "./invariants.ts";
import type { Move } from "./machine.ts";

interface Step {
  readonly move: Move;
  readonly effects: readonly Effect[];
  readonly now: number;
}

/** What must hold of any step: told by what was before, what is after, and what the world was told. */
export function checkStep(before: ArbiterState, after: ArbiterState, step: Step): void {
  checkTicketsEndOnce(before, after, step.effects);
  for (const effect of step.effects) {
    if (effect.type === "granted") checkGrant(before, after, { effect, move: step.move });
    if (effect.type === "attempt" || effect.type === "granted") checkServed(after, effect);
  }
  checkKept(before, after, step);
  if (step.move.type === "close") checkClosed(after, step.move.workspace);
  checkHostsChangeHands(before, after, step.effects);
}

/** No ticket is lost, none ends twice, none comes from nowhere. */
function checkTicketsEndOnce(before: ArbiterState, after: ArbiterState, effects: readonly Effect[]): void {
  for (const id of before.tickets.keys()) checkEnds(id, after, effects);
  for (const effect of effects) if (effect.type === "queued") checkEnds(effect.ticket, after, effects);
  for (const id of after.tickets.keys()) {
    if (before.tickets.has(id)) continue;
    const isNew = effects.some((effect) => effect.type === "queued" && effect.ticket === id);
    if (!isNew) throw new Error(`invariant: ${id} came from nowhere`);
  }
}

function checkEnds(id: string, after: ArbiterState, effects: readonly Effect[]): void {
  let ended = 0;
  for (const effect of effects) {
    const isEnd = effect.type === "granted" || effect.type === "failed" || effect.type === "undo";
    if (isEnd && effect.ticket === id) ended += 1;
  }
  if (ended !== (after.tickets.has(id) ? 0 : 1)) throw new Error(`invariant: ${id} ended ${ended} times`);
}

/** What a grant promises is there, and nobody gets anything whose end was asked for. */
function checkGrant(
  before: ArbiterState,
  after: ArbiterState,
  { effect, move }: { effect: Extract<Effect, { type: "granted" }>; move: Move },
): void {
  const ticket = before.tickets.get(effect.ticket);
  if (ticket?.phase.state === "acquiring" && ticket.phase.doomed)
    throw new Error(`invariant: ${ticket.id} was granted after its end`);
  if (move.type === "close" && ticket?.workspace === move.workspace)
    throw new Error("invariant: a grant by closing");
  for (const { key, claim } of effect.assigned) {
    const holder = after.hosts.get(key)?.holder;
    if (holder?.claim !== claim || holder.hold.state !== "claimed")
      throw new Error(`invariant: ${effect.ticket} was granted ${key} without having it`);
  }
}

/** What is said to be served by a host of the workspace is so at the moment of the grant. */
function checkServed(after: ArbiterState, effect: Extract<Effect, { type: "attempt" | "granted" }>): void {
  const phase = after.tickets.get(effect.ticket)?.phase;
  const granted = effect.type === "granted" && effect.assigned.length === 0 ? effect.served : [];
  const served = effect.type === "attempt" && phase?.state === "acquiring" ? phase.served : granted;
  for (const { claim } of served) {
    const isHeld = after.hosts
      .values()
      .some(({ holder }) => holder?.claim === claim && holder.hold.state === "claimed");
    if (!isHeld) throw new Error(`invariant: ${effect.ticket} is served by ${claim}, which nobody has`);
  }
}

/**
 * Who was overtaken often enough loses nothing to those behind: each grant, judged by what was free
 * at its turn, leaves to all such waiters before it as much as they could have had.
 */
function checkKept(before: ArbiterState, after: ArbiterState, { effects, now }: Step): void {
  if (before.capped.length === 0) return;
  const refunded = refundedBy(before, after);
  const grants = effects.filter((effect) => effect.type === "attempt");
  grants.forEach((grant, index) => {
    const ticket = after.tickets.get(grant.ticket);
    if (!ticket) return;
    const waiters = before.capped.flatMap(({ id }) => {
      const waiter = after.tickets.get(id);
      const counts = waiter?.phase.state === "waiting" && !waiter.partial && compareRank(waiter, ticket) < 0;
      const isCapped = waiter && waiter.overtaken >= after.config.overtakes && !refunded.has(id);
      return counts && isCapped ? [waiter] : [];
    });
    if (waiters.length === 0) return;
    const free = new Set(grants.slice(index).flatMap(({ assigned }) => assigned.map(({ key }) => key)));
    const hosts = new Map(
      [...after.hosts].map(([key, host]) => [key, free.has(key) ? { ...host, holder: null } : host]),
    );
    const state = { ...after, hosts };
    const taken = new Set(grant.assigned.map(({ key }) => key));
    if (keepable(waiters, state, { now, taken }) !== keepable(waiters, state, { now, taken: new Set() }))
      throw new Error(`invariant: ${ticket.id} was given what is kept for those before it`);
  });
}

/** Those whom an attempt passed that is over: had it failed, they were not overtaken after all. */
function refundedBy(before: ArbiterState, after: ArbiterState): Set<string> {
  const ids = new Set<string>();
  for (const { id, attempt, phase } of before.tickets.values()) {
    const now = after.tickets.get(id);
    if (phase.state !== "acquiring" || (now?.attempt === attempt && now.phase.state === "acquiring"))
      continue;
    for (const passed of phase.overtook) ids.add(passed);
  }
  return ids;
}

function checkClosed(after: ArbiterState, workspace: string): void {
  for (const { key, holder } of after.hosts.values()) {
    if (holder?.workspace === workspace && holder.hold.state === "claimed")
      throw new Error(`invariant: the closed workspace ${workspace} keeps ${key}`);
  }
  for (const ticket of after.tickets.values()) {
    if (ticket.workspace === workspace && (ticket.phase.state === "waiting" || !ticket.phase.doomed))
      throw new Error(`invariant: ${ticket.id} of the closed workspace ${workspace} lives on`);
  }
}

/** A host that somebody had changes hands only with a word to the one who loses it. */
function checkHostsChangeHands(before: ArbiterState, after: ArbiterState, effects: readonly Effect[]): void {
  for (const [key, { holder }] of before.hosts) {
    if (!holder || holder.hold.state === "acquiring") continue;
    if (after.hosts.get(key)?.holder?.claim === holder.claim) continue;
    const told = effects.some(
      (effect) =>
        (effect.type === "released" && effect.holder.claim === holder.claim) ||
        (effect.type === "takenOver" && effect.from.claim === holder.claim),
    );
    if (!told) throw new Error(`invariant: ${key} left ${holder.workspace} without a word`);
  }
}
