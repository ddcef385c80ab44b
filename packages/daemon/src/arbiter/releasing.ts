import type { ErrorReport } from "@mtui/core/protocol";
import { type Draft, putHost, putTicket, removeTicket, wakeBy } from "./draft.ts";
import { workspaceClosed } from "./failures.ts";
import type { HostRecord, Ticket } from "./state.ts";

/** Doubling from one poll up to this many. */
const LONGEST_RETRY = 20;

export function hostOfClaim(draft: Pick<Draft, "hosts">, claim: string): HostRecord | undefined {
  for (const host of draft.hosts.values()) if (host.holder?.claim === claim) return host;
  return undefined;
}

/** Nothing of ours is left on the host: it goes to the next who waits. An attempt's hosts are its own matter. */
export function onRelease(draft: Draft, claim: string): void {
  const host = hostOfClaim(draft, claim);
  if (!host?.holder || host.holder.hold.state === "acquiring") return;
  putHost(draft, { ...host, holder: null, lastUsed: draft.now });
  draft.freed.add(host.key);
  draft.effects.push({ type: "released", host: host.key, name: host.name, holder: host.holder });
}

/** Something of ours could not be removed: nobody gets the host until a retry reports the release. */
export function onReleasing(draft: Draft, claim: string, reason: string): void {
  const host = hostOfClaim(draft, claim);
  if (host) giveUp(draft, host.key, reason);
}

export function giveUp(draft: Draft, key: string, reason: string): void {
  const host = draft.hosts.get(key);
  if (!host?.holder) return;
  const tries = host.holder.hold.state === "releasing" ? host.holder.hold.tries : 0;
  const retryAt = draft.now + draft.config.pollMs * Math.min(LONGEST_RETRY, 2 ** Math.min(tries, 10));
  const holder = { ...host.holder, hold: { state: "releasing", reason, tries, retryAt } as const };
  putHost(draft, { ...host, holder });
  wakeBy(draft, retryAt);
  draft.effects.push({ type: "releasing", host: key, name: host.name, holder, reason });
}

/** Time for another try to remove what is left. */
export function retryReleases(draft: Draft): void {
  for (const host of draft.hosts.values()) {
    const holder = host.holder;
    if (holder?.hold.state !== "releasing" || holder.hold.retryAt > draft.now) continue;
    const tries = holder.hold.tries + 1;
    const retryAt = draft.now + draft.config.pollMs * Math.min(LONGEST_RETRY, 2 ** Math.min(tries, 10));
    putHost(draft, { ...host, holder: { ...holder, hold: { ...holder.hold, tries, retryAt } } });
    draft.effects.push({ type: "releaseDue", host: host.key, name: host.name, holder });
  }
}

/** Its tickets end, its claims wait for the caller to clean the hosts up. A later request of that name is a new desk's. */
export function onClose(draft: Draft, workspace: string): void {
  for (const ticket of [...draft.tickets.values()]) {
    if (ticket.workspace === workspace) endTicket(draft, ticket, workspaceClosed(workspace));
  }
  for (const host of [...draft.hosts.values()]) {
    if (host.holder?.workspace === workspace && host.holder.hold.state === "claimed") {
      giveUp(draft, host.key, "the workspace is being closed");
    }
  }
}

/** A waiting ticket ends now; an attempt is told to stop and ends the ticket when it has answered. */
export function endTicket(draft: Draft, ticket: Ticket, error: ErrorReport): void {
  if (ticket.phase.state === "waiting") {
    removeTicket(draft, ticket);
    draft.effects.push({ type: "failed", ticket: ticket.id, error });
  } else if (!ticket.phase.doomed) {
    putTicket(draft, { ...ticket, phase: { ...ticket.phase, doomed: error } });
    draft.effects.push({ type: "abort", ticket: ticket.id, error });
  }
}
