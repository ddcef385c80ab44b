import type { Supply } from "./supply.ts";
import { compareRank, inserted, without } from "./rank.ts";
import type { Effect } from "./events.ts";
import type { ArbiterState, HostRecord, QueueEntry, Ticket } from "./state.ts";

/**
 * The state while one event is worked on. Tables are copied when they are first written to, so that
 * the state before the event stays as it was.
 */
export interface Draft {
  readonly now: number;
  readonly config: ArbiterState["config"];
  readonly effects: Effect[];
  /** Hosts that somebody who waits may now be able to use. */
  readonly freed: Set<string>;
  /** Tickets that begin to wait: offered what there is. */
  readonly offered: Set<string>;
  /** Tickets whose reason to wait may have changed. */
  readonly review: Set<string>;
  hosts: ReadonlyMap<string, HostRecord>;
  tickets: ReadonlyMap<string, Ticket>;
  queue: readonly QueueEntry[];
  wanting: ReadonlyMap<string, readonly QueueEntry[]>;
  capped: readonly QueueEntry[];
  turns: ReadonlyMap<string, number>;
  ticketCount: number;
  claimCount: number;
  wakeAt: number;
  /** Somebody who waits may have come to hold a host, or the other way round. */
  knots: boolean;
  /** Worked out when it is first needed, void when a host or a capped waiter changes. */
  supply: Supply | null;
  readonly base: ArbiterState;
}

export function beginDraft(state: ArbiterState, now: number): Draft {
  return {
    ...state,
    base: state,
    now,
    effects: [],
    freed: new Set(),
    offered: new Set(),
    review: new Set(),
    knots: false,
    supply: null,
  };
}

export function finishDraft(draft: Draft): ArbiterState {
  const { config, hosts, tickets, queue, wanting, capped, turns, ticketCount, claimCount, wakeAt } = draft;
  return { config, hosts, tickets, queue, wanting, capped, turns, ticketCount, claimCount, wakeAt };
}

/** The draft's own copy of a table: made at the first write of this event. */
function writable<V>(current: ReadonlyMap<string, V>, base: ReadonlyMap<string, V>): Map<string, V> {
  return current === base || !(current instanceof Map) ? new Map(current) : current;
}

export function putHost(draft: Draft, host: HostRecord): void {
  draft.supply = null;
  const hosts = writable(draft.hosts, draft.base.hosts);
  hosts.set(host.key, host);
  draft.hosts = hosts;
}

export function dropHost(draft: Draft, key: string): void {
  const hosts = writable(draft.hosts, draft.base.hosts);
  hosts.delete(key);
  draft.hosts = hosts;
}

export function putTurn(draft: Draft, namespace: string, tag: number): void {
  const turns = writable(draft.turns, draft.base.turns);
  turns.set(namespace, tag);
  draft.turns = turns;
}

/** Replaces a ticket; its rank and its wants never change. */
export function putTicket(draft: Draft, ticket: Ticket): void {
  const tickets = writable(draft.tickets, draft.base.tickets);
  tickets.set(ticket.id, ticket);
  draft.tickets = tickets;
}

export function addTicket(draft: Draft, ticket: Ticket): void {
  putTicket(draft, ticket);
  const entry = entryOf(ticket);
  draft.queue = inserted(draft.queue, entry);
  const wanting = writable(draft.wanting, draft.base.wanting);
  for (const key of keysOf(ticket)) wanting.set(key, inserted(wanting.get(key) ?? [], entry));
  draft.wanting = wanting;
}

/** Takes a ticket out of every table. Holds of its attempt are the caller's matter. */
export function removeTicket(draft: Draft, ticket: Ticket): void {
  const tickets = writable(draft.tickets, draft.base.tickets);
  tickets.delete(ticket.id);
  draft.tickets = tickets;
  const entry = entryOf(ticket);
  draft.queue = without(draft.queue, entry);
  const wanting = writable(draft.wanting, draft.base.wanting);
  for (const key of keysOf(ticket)) {
    const rest = without(wanting.get(key) ?? [], entry);
    if (rest.length > 0) wanting.set(key, rest);
    else wanting.delete(key);
    forgetIdle(draft, key, rest.length);
  }
  draft.wanting = wanting;
  uncap(draft, ticket);
  if (draft.queue.length === 0 && draft.turns.size > 0) draft.turns = new Map();
}

export function cap(draft: Draft, ticket: Ticket): void {
  draft.supply = null;
  draft.capped = inserted(draft.capped, entryOf(ticket));
}

/** What a capped waiter kept for itself is there for those behind it again. */
export function uncap(draft: Draft, ticket: Ticket): void {
  const rest = without(draft.capped, entryOf(ticket));
  if (rest === draft.capped) return;
  draft.supply = null;
  draft.capped = rest;
  for (const key of keysOf(ticket)) draft.freed.add(key);
}

export function keysOf(ticket: Ticket): Set<string> {
  const keys = new Set<string>();
  for (const want of ticket.wants) for (const candidate of want.candidates) keys.add(candidate.key);
  return keys;
}

export function entryOf(ticket: Ticket): QueueEntry {
  return { id: ticket.id, tag: ticket.tag, seq: ticket.seq };
}

export function isBefore(a: { tag: number; seq: number }, b: { tag: number; seq: number }): boolean {
  return compareRank(a, b) < 0;
}

/** A name that was asked for once and taught us nothing takes no memory. */
function forgetIdle(draft: Draft, key: string, wanted: number): void {
  const host = draft.hosts.get(key);
  if (wanted === 0 && host && !host.holder && !host.health && !host.foreign && host.lastUsed === 0) {
    dropHost(draft, key);
  }
}

/** Makes sure that the shell comes back in time. */
export function wakeBy(draft: Draft, at: number): void {
  if (at < draft.wakeAt) draft.wakeAt = at;
}
