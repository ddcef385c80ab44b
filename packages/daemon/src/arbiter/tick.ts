import { type Draft, dropHost, putHost, wakeBy } from "./draft.ts";
import { reviewWaitersOf } from "./faults.ts";
import { deadline } from "./patience.ts";
import { retryReleases } from "./releasing.ts";
import type { HostRecord } from "./state.ts";
import { expire } from "./waiting.ts";

/** What is known of a host that nobody wants is forgotten after this long. */
export const FORGET_MS = 3_600_000;

/** Hosts whose back-off or poll is over are offered again. */
export function wakeHosts(draft: Draft): void {
  for (const host of draft.hosts.values()) {
    const due = dueTimes(host).some((time) => time <= draft.now);
    if (!due) continue;
    if (draft.wanting.has(host.key)) {
      draft.freed.add(host.key);
      reviewWaitersOf(draft, host.key);
    } else if (!host.holder) forgetOld(draft, host);
  }
  retryReleases(draft);
}

function dueTimes(host: HostRecord): number[] {
  return [host.health?.retryAt, host.foreign?.retryAt].filter((time) => time !== undefined);
}

function forgetOld(draft: Draft, host: HostRecord): void {
  const seenAt = Math.max(host.health?.seenAt ?? 0, host.foreign?.seenAt ?? 0);
  if (draft.now - seenAt < FORGET_MS) return;
  if (host.lastUsed === 0) dropHost(draft, host.key);
  else putHost(draft, { ...host, health: null, foreign: null });
}

/** After everybody had a last chance at what is free: whose patience is over goes. */
export function expireTickets(draft: Draft): void {
  for (const ticket of [...draft.tickets.values()]) {
    if (ticket.phase.state === "waiting" && deadline(ticket) <= draft.now) expire(draft, ticket);
  }
}

/** The next moment at which time alone changes something. */
export function planWake(draft: Draft): void {
  draft.wakeAt = Number.POSITIVE_INFINITY;
  for (const ticket of draft.tickets.values()) {
    if (ticket.phase.state === "waiting") wakeBy(draft, deadline(ticket));
  }
  for (const host of draft.hosts.values()) {
    const hold = host.holder?.hold;
    if (hold?.state === "releasing") wakeBy(draft, hold.retryAt);
    for (const time of dueTimes(host)) if (time > draft.now) wakeBy(draft, time);
  }
}
