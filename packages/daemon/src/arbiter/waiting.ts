import { type Draft, putTicket, removeTicket, wakeBy } from "./draft.ts";
import { busy, unusable } from "./failures.ts";
import { emptyMatching, matchScarceFirst, rivals } from "./matching.ts";
import { deadline, startClock, stopClock } from "./patience.ts";
import { isUnhealthy, standing } from "./standing.ts";
import type { HostRecord, Ticket, Want } from "./state.ts";

/** Looks at the tickets whose reason to wait may have changed; some fail, the others get their deadline. */
export function reviewWaiting(draft: Draft): void {
  const ids = [...draft.review];
  draft.review.clear();
  for (const id of ids) {
    const ticket = draft.tickets.get(id);
    if (ticket?.phase.state === "waiting") reviewTicket(draft, ticket);
  }
}

function reviewTicket(draft: Draft, ticket: Ticket): void {
  const hosts = hopelessHosts(draft, ticket);
  if (hosts) {
    removeTicket(draft, ticket);
    draft.effects.push({ type: "failed", ticket: ticket.id, error: unusable(hosts, ticket) });
    return;
  }
  const waitsFor = isShortOf(draft, ticket, (host) => isForeign(host, draft.now)) ? "foreign" : "own";
  let next = ticket;
  if (waitsFor !== ticket.waitsFor) {
    next = startClock({ ...stopClock(ticket, draft.now), waitsFor }, draft.now);
    putTicket(draft, next);
  }
  if (deadline(next) <= draft.now) expire(draft, next);
  else wakeBy(draft, deadline(next));
}

export function expire(draft: Draft, ticket: Ticket): void {
  const error = busy(draft, ticket, draft.now);
  removeTicket(draft, ticket);
  draft.effects.push({ type: "failed", ticket: ticket.id, error });
}

/** A lock stays foreign while one of us looks at it again. */
function isForeign(host: HostRecord, now: number): boolean {
  if (!host.foreign) return false;
  return host.holder ? host.holder.hold.state === "acquiring" : now < host.foreign.retryAt;
}

/** The broken hosts without which the request can never be served, if there are such. */
function hopelessHosts(draft: Draft, ticket: Ticket): HostRecord[] | null {
  const isBad = (host: HostRecord) =>
    isUnhealthy(host, draft.now) && standing(host, ticket.workspace, draft.now) !== "own";
  const short = shortage(draft, ticket, isBad);
  if (!short) return null;
  const hosts = new Map<string, HostRecord>();
  for (const want of short) {
    for (const { key } of want.candidates) {
      const host = draft.hosts.get(key);
      if (host && isBad(host)) hosts.set(key, host);
    }
  }
  return [...hosts.values()];
}

function isShortOf(draft: Draft, ticket: Ticket, isBlocked: (host: HostRecord) => boolean): boolean {
  const bad = (host: HostRecord) =>
    isBlocked(host) || (isUnhealthy(host, draft.now) && host.holder?.workspace !== ticket.workspace);
  return shortage(draft, ticket, bad, isBlocked) !== null;
}

/**
 * The wants that are too many for their hosts when the bad ones are left out, whoever holds the
 * good ones. `null` also when none of the ticket's hosts is `seen` as bad, which is quick to tell.
 */
function shortage(
  draft: Draft,
  ticket: Ticket,
  isBad: (host: HostRecord) => boolean,
  isSeen: (host: HostRecord) => boolean = isBad,
): Set<Want> | null {
  const hostOf = (key: string) => draft.hosts.get(key);
  const any = ticket.wants.some((want) =>
    want.candidates.some(({ key }) => {
      const host = hostOf(key);
      return host !== undefined && isSeen(host);
    }),
  );
  if (!any) return null;
  const choices = (want: Want) =>
    want.candidates.flatMap(({ key }) => {
      const host = hostOf(key);
      return host && isBad(host) ? [] : [key];
    });
  const matching = emptyMatching<Want>();
  const unserved = matchScarceFirst(matching, ticket.wants, choices);
  const enough = ticket.partial ? unserved.length < ticket.wants.length : unserved.length === 0;
  const first = unserved[0];
  return enough || !first ? null : rivals(matching, first, choices);
}
