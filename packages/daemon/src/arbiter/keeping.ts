import type { Draft } from "./draft.ts";
import { augment, emptyMatching, type Matching, matchingOrder } from "./matching.ts";
import { compareRank } from "./rank.ts";
import { canServe, isOwnPlace, placeOf, standing } from "./standing.ts";
import type { QueueEntry, Rank, Ticket, Want } from "./state.ts";

/** Which free hosts are kept for which wants of capped waiters. */
export interface Kept {
  readonly matching: Matching<Want>;
  readonly ticketOf: ReadonlyMap<Want, Ticket>;
  readonly choices: (want: Want) => readonly string[];
  /** Free hosts that are used up for whoever ranks behind the given place. */
  readonly closed: ReadonlyMap<string, Rank>;
}

/**
 * Matches the wants of the capped waiters, by rank, to the free hosts. The work is bounded by the
 * number of free hosts and not of waiters: each want that is looked at either gets a host or proves
 * that a set of hosts is used up for good, and only wants that list a host not yet used up are.
 */
export function keepForCapped(draft: Draft, except: ReadonlySet<string> = new Set()): Kept {
  const matching = emptyMatching<Want>();
  const ticketOf = new Map<Want, Ticket>();
  const known = new Map<Want, readonly string[]>();
  const choices = (want: Want) => known.get(want) ?? [];
  const closed = new Map<string, Rank>();
  const open = new Map<string, { entries: readonly QueueEntry[]; next: number }>();
  for (const host of draft.hosts.values()) {
    const entries = draft.wanting.get(host.key);
    if (entries && !host.holder && !except.has(host.key) && standing(host, "", draft.now) === "free")
      open.set(host.key, { entries, next: 0 });
  }
  for (let ticket = nextCapped(draft, open); ticket; ticket = nextCapped(draft, open)) {
    for (const want of ticket.wants) {
      ticketOf.set(want, ticket);
      known.set(want, servingPlaces(draft, ticket, { want, except }));
    }
    for (const want of matchingOrder(ticket.wants, choices)) {
      const seen = new Set<string>();
      if (augment(matching, want, { choices, seen })) continue;
      for (const key of seen) {
        if (!closed.has(key)) closed.set(key, ticket);
        open.delete(key);
      }
    }
  }
  return { matching, ticketOf, choices, closed };
}

/** The first capped waiter by rank that lists an open host and was not looked at yet. */
function nextCapped(
  draft: Draft,
  open: Map<string, { entries: readonly QueueEntry[]; next: number }>,
): Ticket | null {
  let first: Ticket | null = null;
  const heads: { cursor: { next: number }; ticket: Ticket }[] = [];
  for (const [key, cursor] of open) {
    const ticket = headOf(draft, cursor);
    if (!ticket) {
      open.delete(key);
      continue;
    }
    heads.push({ cursor, ticket });
    if (!first || compareRank(ticket, first) < 0) first = ticket;
  }
  for (const { cursor, ticket } of heads) if (ticket === first) cursor.next += 1;
  return first;
}

function headOf(draft: Draft, cursor: { entries: readonly QueueEntry[]; next: number }): Ticket | null {
  for (; cursor.next < cursor.entries.length; cursor.next++) {
    const ticket = draft.tickets.get(cursor.entries[cursor.next]?.id ?? "");
    if (
      ticket &&
      ticket.overtaken >= draft.config.overtakes &&
      ticket.phase.state === "waiting" &&
      !ticket.partial
    ) {
      return ticket;
    }
  }
  return null;
}

function servingPlaces(
  draft: Draft,
  ticket: Ticket,
  { want, except }: { want: Want; except: ReadonlySet<string> },
): string[] {
  const places: string[] = [];
  for (const { key } of want.candidates) {
    const host = draft.hosts.get(key);
    if (host && !except.has(key) && canServe(host, ticket, draft.now)) places.push(placeOf(host, ticket));
  }
  return places;
}

/** What is kept for those before a rank: the same wants are served whether or not later ones are looked at. */
export function keptBefore(kept: Kept, rank: Rank): Matching<Want> {
  const matching = emptyMatching<Want>();
  for (const [want, key] of kept.matching.hostOf) {
    const ticket = kept.ticketOf.get(want);
    if (!ticket || compareRank(ticket, rank) >= 0) continue;
    matching.hostOf.set(want, key);
    matching.wantOn.set(key, want);
  }
  return matching;
}

/**
 * The freed hosts, and those that are kept for somebody whom a freed host would do as well: what was
 * kept may now go to others, who need not even list the freed one.
 */
export function freedByMoving(draft: Draft, freed: readonly string[]): readonly string[] {
  if (draft.capped.length === 0 || freed.length === 0) return freed;
  const reached = new Set(freed);
  const { matching, ticketOf } = keepForCapped(draft, new Set(freed));
  for (const key of reached) {
    const host = draft.hosts.get(key);
    for (const [want, kept] of matching.hostOf) {
      const ticket = ticketOf.get(want);
      if (isOwnPlace(kept) || reached.has(kept) || !ticket || !canServe(host, ticket, draft.now)) continue;
      if (want.candidates.some((candidate) => candidate.key === key)) reached.add(kept);
    }
  }
  return [...reached];
}
