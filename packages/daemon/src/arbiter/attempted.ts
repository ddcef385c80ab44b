import type { ErrorReport } from "@mtui/core/protocol";
import { type Draft, putHost, putTicket, removeTicket } from "./draft.ts";
import type { HostFault } from "./events.ts";
import { recordFault, recover, reviewWaitersOf } from "./faults.ts";
import { settleGranted } from "./granting.ts";
import { refundOvertakes } from "./overtaking.ts";
import { startClock } from "./patience.ts";
import { giveUp } from "./releasing.ts";
import type { Assignment, Ticket } from "./state.ts";

type Acquiring = Ticket & { phase: { state: "acquiring" } };

function isAcquiring(ticket: Ticket | undefined, attempt: number): ticket is Acquiring {
  return ticket?.phase.state === "acquiring" && ticket.attempt === attempt;
}

/** All assigned hosts are ours, or none is. */
export function onAttempted(
  draft: Draft,
  event: { ticket: string; attempt: number; faults: ReadonlyMap<string, HostFault>; jitter: number },
): void {
  const ticket = draft.tickets.get(event.ticket);
  if (!isAcquiring(ticket, event.attempt)) return;
  if (event.faults.size === 0) succeed(draft, ticket);
  else {
    giveBack(draft, ticket);
    for (const { key } of ticket.phase.assigned) {
      const fault = event.faults.get(key);
      const host = draft.hosts.get(key);
      // What a stopped attempt says of a connection that it broke off is no news of the host.
      if (!fault || !host || (ticket.phase.doomed && fault.kind === "unreachable")) continue;
      recordFault(draft, host, { fault, workspace: ticket.workspace, jitter: event.jitter });
      reviewWaitersOf(draft, key);
    }
    if (ticket.phase.doomed) end(draft, ticket, ticket.phase.doomed);
    else {
      putTicket(draft, { ...startClock(ticket, draft.now), phase: { state: "waiting" } });
      // Hosts that came free during the attempt were not offered to it.
      draft.offered.add(ticket.id);
    }
    draft.review.add(ticket.id);
  }
}

/** Not a host's fault, so that another try would end alike. */
export function onBroken(draft: Draft, event: { ticket: string; attempt: number; error: ErrorReport }): void {
  const ticket = draft.tickets.get(event.ticket);
  if (!isAcquiring(ticket, event.attempt)) return;
  giveBack(draft, ticket);
  end(draft, ticket, ticket.phase.doomed ?? event.error);
}

function succeed(draft: Draft, ticket: Acquiring): void {
  const { assigned, doomed } = ticket.phase;
  for (const assignment of assigned) {
    const host = heldBy(draft, assignment);
    if (!host?.holder) continue;
    recover(draft, host);
    const current = draft.hosts.get(host.key) ?? host;
    putHost(draft, {
      ...current,
      lastUsed: draft.now,
      holder: { ...host.holder, hold: { state: "claimed" } },
    });
  }
  if (doomed) {
    for (const assignment of assigned) giveUp(draft, assignment.key, doomed.message);
    removeTicket(draft, ticket);
    draft.effects.push({ type: "undo", ticket: ticket.id, assigned, error: doomed });
    return;
  }
  settleGranted(draft, ticket);
  // A second ticket of the same workspace may be served by these hosts, or knotted by them.
  if (!draft.tickets.values().some(({ workspace }) => workspace === ticket.workspace)) return;
  for (const { key } of assigned) draft.freed.add(key);
  draft.knots = true;
}

/** Frees what the attempt held, except what it had to leave something on. */
function giveBack(draft: Draft, ticket: Acquiring): void {
  for (const assignment of ticket.phase.assigned) {
    const host = heldBy(draft, assignment);
    if (host?.holder?.hold.state === "acquiring") putHost(draft, { ...host, holder: null });
    draft.freed.add(assignment.key);
  }
  refundOvertakes(draft, ticket.phase.overtook);
}

function heldBy(draft: Draft, { key, claim }: Assignment) {
  const host = draft.hosts.get(key);
  return host?.holder?.claim === claim ? host : undefined;
}

function end(draft: Draft, ticket: Ticket, error: ErrorReport): void {
  removeTicket(draft, ticket);
  draft.effects.push({ type: "failed", ticket: ticket.id, error });
}
