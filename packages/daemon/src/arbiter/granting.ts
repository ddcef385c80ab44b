import { findHosts, type Found } from "./assignment.ts";
import { type Draft, entryOf, keysOf, putHost, putTicket, removeTicket } from "./draft.ts";
import { freedByMoving } from "./keeping.ts";
import { countOvertakes } from "./overtaking.ts";
import { compareRank } from "./rank.ts";
import { canServe } from "./standing.ts";
import { stopClock } from "./patience.ts";
import type { Assignment, QueueEntry, Served, Ticket } from "./state.ts";

/**
 * Offers the freed hosts to those who list them, in order of rank. Nobody else is looked at: a
 * change of a host moves only who wants that host, or whom a capped waiter's leaving unblocks.
 */
export function grantFreed(draft: Draft): void {
  while (draft.freed.size > 0 || draft.offered.size > 0) {
    const freed = [...draft.freed].filter((key) => isOffered(draft, key));
    const keys = freedByMoving(draft, freed);
    const offered = new Set(draft.offered);
    draft.freed.clear();
    draft.offered.clear();
    for (const entry of inTurn(draft, { keys, offered })) {
      if (offered.size === 0 && !keys.some((key) => isOffered(draft, key))) break;
      offered.delete(entry.id);
      const ticket = draft.tickets.get(entry.id);
      if (ticket?.phase.state !== "waiting") continue;
      const found = findHosts(draft, ticket);
      if (found) grant(draft, ticket, found);
    }
  }
}

/** Still to be had: free, or held by a workspace that may count it as served. */
function isOffered(draft: Draft, key: string): boolean {
  const host = draft.hosts.get(key);
  return host !== undefined && (host.holder === null || host.holder.hold.state === "claimed");
}

function inTurn(
  draft: Draft,
  { keys, offered }: { keys: readonly string[]; offered: ReadonlySet<string> },
): readonly QueueEntry[] {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && offered.size === 0) return waitersOf(draft, only);
  const entries = new Map<string, QueueEntry>();
  for (const key of keys) {
    for (const entry of waitersOf(draft, key)) entries.set(entry.id, entry);
  }
  for (const id of offered) {
    const ticket = draft.tickets.get(id);
    if (ticket) entries.set(id, entryOf(ticket));
  }
  return [...entries.values()].sort(compareRank);
}

/** A claimed host is of use to further tickets of its own workspace alone. */
function waitersOf(draft: Draft, key: string): readonly QueueEntry[] {
  const entries = draft.wanting.get(key) ?? [];
  const workspace = draft.hosts.get(key)?.holder?.workspace;
  if (workspace === undefined) return entries;
  return entries.filter(({ id }) => draft.tickets.get(id)?.workspace === workspace);
}

function grant(draft: Draft, ticket: Ticket, found: Found): void {
  const slotsOf = (want: number) => ticket.wants[want]?.slots ?? [];
  const assigned: Assignment[] = found.fresh.map(({ want, key, name }) => {
    draft.claimCount += 1;
    return { claim: `c${draft.claimCount}`, key, name, want, slots: slotsOf(want) };
  });
  const served: Served[] = found.own.map(({ want, key }) => ({
    claim: draft.hosts.get(key)?.holder?.claim ?? "",
    want,
    slots: slotsOf(want),
  }));
  const attempt = ticket.attempt + 1;
  const keys = assigned.map(({ key }) => key);
  const overtook = countOvertakes(draft, ticket, keys);
  for (const assignment of assigned) hold(draft, ticket, assignment);
  const held: Ticket = {
    ...stopClock(ticket, draft.now),
    attempt,
    phase: { state: "acquiring", assigned, served, overtook, doomed: null },
  };
  putTicket(draft, held);
  // It may take others than were kept for it, so that those come free for whoever is behind.
  if (ticket.overtaken >= draft.config.overtakes) for (const key of keysOf(ticket)) draft.freed.add(key);
  if (assigned.length === 0) settleGranted(draft, held);
  else draft.effects.push({ type: "attempt", ticket: ticket.id, attempt, assigned });
}

function hold(draft: Draft, ticket: Ticket, { claim, key, slots: indexes }: Assignment): void {
  const host = draft.hosts.get(key);
  if (!host || host.holder || !canServe(host, ticket, draft.now)) {
    throw new Error(`arbiter: ${key} was assigned to ${ticket.id} without being free`);
  }
  const { workspace, rrid, job } = ticket;
  const slots = indexes.flatMap((index) => ticket.slots[index] ?? []);
  putHost(draft, {
    ...host,
    holder: {
      claim,
      workspace,
      rrid,
      job,
      slots,
      since: draft.now,
      hold: { state: "acquiring", ticket: ticket.id },
    },
  });
}

/** The end of a ticket that has its hosts. */
export function settleGranted(draft: Draft, ticket: Ticket): void {
  if (ticket.phase.state !== "acquiring") return;
  const { assigned, served } = ticket.phase;
  const answered = new Set([...assigned, ...served].map(({ want }) => want));
  const unserved = ticket.wants.flatMap((want, index) => (answered.has(index) ? [] : want.slots));
  removeTicket(draft, ticket);
  const waited = draft.now - ticket.since;
  draft.effects.push({ type: "granted", ticket: ticket.id, assigned, served, unserved, waited });
}
