import { deadline } from "../../../packages/daemon/src/arbiter/patience.ts";
import { compareRank } from "../../../packages/daemon/src/arbiter/rank.ts";
import type { ArbiterState, Ticket } from "../../../packages/daemon/src/arbiter/state.ts";

/** Everything that must hold of any state, told by brute force from the two basic tables. */
export function checkState(state: ArbiterState, now: number): void {
  checkHolds(state);
  checkIndexes(state);
  // What a moment has brought is given away when the alarm rings.
  if (state.wakeAt > now) checkNobodyIsForgotten(state, now);
  checkNoKnot(state);
  checkWake(state, now);
}

function fail(text: string): never {
  throw new Error(`invariant: ${text}`);
}

function checkHolds(state: ArbiterState): void {
  const claims = new Set<string>();
  for (const { key, holder } of state.hosts.values()) {
    if (!holder) continue;
    if (claims.has(holder.claim)) fail(`claim ${holder.claim} is on two hosts`);
    claims.add(holder.claim);
    if (holder.hold.state !== "acquiring") continue;
    const ticket = state.tickets.get(holder.hold.ticket);
    if (ticket?.phase.state !== "acquiring") fail(`${key} is held by a ticket that waits or is gone`);
    const assigned = ticket.phase.assigned.some((entry) => entry.key === key && entry.claim === holder.claim);
    if (!assigned) fail(`${key} is acquired by ${ticket.id}, which does not know of it`);
  }
  for (const ticket of state.tickets.values()) {
    if (ticket.phase.state !== "acquiring") continue;
    if (ticket.phase.assigned.length === 0) fail(`${ticket.id} acquires nothing`);
    const keys = new Set(ticket.phase.assigned.map(({ key }) => key));
    if (keys.size < ticket.phase.assigned.length) fail(`${ticket.id} has one host twice`);
    for (const { key, want } of ticket.phase.assigned) {
      if (!ticket.wants[want]?.candidates.some((candidate) => candidate.key === key))
        fail(`${key} is no candidate`);
    }
    const answered = new Set([...ticket.phase.assigned, ...ticket.phase.served].map(({ want }) => want));
    if (!ticket.partial && answered.size < ticket.wants.length) fail(`${ticket.id} is granted by halves`);
  }
}

function checkIndexes(state: ArbiterState): void {
  const ordered = [...state.tickets.values()].sort(compareRank).map(({ id }) => id);
  same(
    "queue",
    state.queue.map(({ id }) => id),
    ordered,
  );
  const capped = ordered.filter((id) => (state.tickets.get(id)?.overtaken ?? 0) >= state.config.overtakes);
  same(
    "capped",
    state.capped.map(({ id }) => id),
    capped,
  );
  const listing = new Map<string, string[]>();
  for (const id of ordered) {
    for (const key of candidateKeys(state.tickets.get(id))) {
      const ids = listing.get(key);
      if (ids) ids.push(id);
      else listing.set(key, [id]);
    }
  }
  same("wanted keys", [...state.wanting.keys()].sort(), [...listing.keys()].sort());
  for (const [key, entries] of state.wanting) {
    same(
      `waiters of ${key}`,
      entries.map(({ id }) => id),
      listing.get(key) ?? [],
    );
    if (!state.hosts.has(key)) fail(`${key} is wanted and unknown`);
  }
  for (const ticket of state.tickets.values()) {
    if (ticket.overtaken > state.config.overtakes || ticket.overtaken < 0)
      fail(`${ticket.id} overtaken ${ticket.overtaken} times`);
  }
}

function candidateKeys(ticket: Ticket | undefined): Set<string> {
  const keys = new Set<string>();
  for (const want of ticket?.wants ?? []) for (const { key } of want.candidates) keys.add(key);
  return keys;
}

function same(what: string, actual: readonly string[], expected: readonly string[]): void {
  if (actual.join() !== expected.join()) fail(`${what}: ${actual.join()} instead of ${expected.join()}`);
}

/**
 * Nobody waits who could be served: no waiting ticket has hosts for all its wants whose taking would
 * leave the capped waiters before it all that they could have.
 */
function checkNobodyIsForgotten(state: ArbiterState, now: number): void {
  for (const ticket of state.tickets.values()) {
    if (ticket.phase.state !== "waiting") continue;
    const earlier = state.capped
      .filter((entry) => compareRank(entry, ticket) < 0)
      .flatMap(({ id }) => state.tickets.get(id) ?? [])
      .filter((other) => other.phase.state === "waiting" && !other.partial);
    let kept: string | undefined;
    for (const hosts of assignments(ticket, state, now)) {
      const taken = new Set([...hosts].filter((key) => !state.hosts.get(key)?.holder));
      kept ??= keepable(earlier, state, { now, taken: new Set() });
      if (keepable(earlier, state, { now, taken }) === kept)
        fail(`${ticket.id} waits although it could have ${[...hosts].join(", ")}`);
    }
  }
}

/** Nobody waits in a circle: taking away, one after the other, who can end, leaves no holder that waits. */
function checkNoKnot(state: ArbiterState): void {
  const waiting = [...state.tickets.values()].filter(({ phase }) => phase.state === "waiting");
  const holders = new Set<string>();
  for (const { holder } of state.hosts.values())
    if (holder?.hold.state === "claimed") holders.add(holder.workspace);
  let stuck = new Set(
    waiting.map(({ workspace }) => workspace).filter((workspace) => holders.has(workspace)),
  );
  for (let before = stuck.size + 1; stuck.size < before; ) {
    before = stuck.size;
    const held = (workspace: string) => (key: string) => {
      const holder = state.hosts.get(key)?.holder;
      return (
        holder?.hold.state === "claimed" && holder.workspace !== workspace && stuck.has(holder.workspace)
      );
    };
    const ends = (ticket: Ticket) => {
      const most = place(
        ticket.wants.map((want) =>
          want.candidates.map(({ key }) => key).filter((key) => !held(ticket.workspace)(key)),
        ),
      );
      return ticket.partial ? most > 0 : most === ticket.wants.length;
    };
    stuck = new Set(
      [...stuck].filter((workspace) =>
        waiting.some((ticket) => ticket.workspace === workspace && !ends(ticket)),
      ),
    );
  }
  if (stuck.size > 0) fail(`${[...stuck].join()} wait in a circle`);
}

/** The most of the lists that can each have a key of their own. */
function place(lists: readonly (readonly string[])[], taken: ReadonlySet<string> = new Set()): number {
  const [first, ...rest] = lists;
  if (!first) return 0;
  let best = place(rest, taken);
  for (const key of first)
    if (!taken.has(key)) best = Math.max(best, 1 + place(rest, new Set([...taken, key])));
  return best;
}

/**
 * How many wants of each of the tickets, served in their order, have a host among what is not taken. What
 * a workspace holds serves each of its tickets.
 */
export function keepable(
  tickets: readonly Ticket[],
  state: ArbiterState,
  { now, taken }: { now: number; taken: ReadonlySet<string> },
): string {
  const wants = tickets.flatMap((ticket) => ticket.wants.map((want) => ({ ticket, want })));
  const on = new Map<string, number>();
  const served = wants.map((_, index) => tryOne(index, new Set()));
  return tickets
    .map((ticket) => wants.filter((entry, index) => entry.ticket === ticket && served[index]).length)
    .join();

  function tryOne(index: number, seen: Set<string>): boolean {
    const entry = wants[index];
    for (const { key } of entry?.want.candidates ?? []) {
      if (
        !entry ||
        taken.has(key) ||
        seen.has(key) ||
        !usable(state, key, { now, workspace: entry.ticket.workspace })
      )
        continue;
      seen.add(key);
      const place = state.hosts.get(key)?.holder ? `${entry.ticket.id} ${key}` : key;
      const occupant = on.get(place);
      if (occupant === undefined || tryOne(occupant, seen)) {
        on.set(place, index);
        return true;
      }
    }
    return false;
  }
}

/** The most wants of one ticket that free hosts could serve. */
export function bestServed(
  ticket: Ticket,
  state: ArbiterState,
  options: { now: number; taken: ReadonlySet<string> },
): number {
  return Number(keepable([ticket], state, options));
}

/** Every way to serve the ticket now; for a partial one every way to serve anything. */
function* assignments(
  ticket: Ticket,
  state: ArbiterState,
  now: number,
  index = 0,
  taken = new Set<string>(),
): Generator<Set<string>> {
  const want = ticket.wants[index];
  if (!want) {
    if (taken.size > 0 || !ticket.partial) yield taken;
    return;
  }
  for (const { key } of want.candidates) {
    if (taken.has(key) || !usable(state, key, { now, workspace: ticket.workspace })) continue;
    yield* assignments(ticket, state, now, index + 1, new Set([...taken, key]));
  }
  if (ticket.partial) yield* assignments(ticket, state, now, index + 1, taken);
}

function usable(
  state: ArbiterState,
  key: string,
  { now, workspace }: { now: number; workspace: string },
): boolean {
  const host = state.hosts.get(key);
  if (!host) return false;
  if (host.holder) return host.holder.workspace === workspace && host.holder.hold.state === "claimed";
  return (host.health?.retryAt ?? 0) <= now && (host.foreign?.retryAt ?? 0) <= now;
}

function checkWake(state: ArbiterState, now: number): void {
  const late = (what: string, at: number) => {
    if (at > now && at < state.wakeAt) fail(`${what} is due at ${at}, the alarm is set to ${state.wakeAt}`);
  };
  for (const host of state.hosts.values()) {
    if (host.holder?.hold.state === "releasing") late(host.key, host.holder.hold.retryAt);
    if (host.health) late(host.key, host.health.retryAt);
    if (host.foreign) late(host.key, host.foreign.retryAt);
  }
  for (const ticket of state.tickets.values()) {
    if (ticket.phase.state === "waiting") late(ticket.id, deadline(ticket));
  }
}
