import { onAttempted, onBroken } from "./attempted.ts";
import { refuseDeadlocks } from "./deadlock.ts";
import { beginDraft, type Draft, finishDraft } from "./draft.ts";
import type { Effect, Event } from "./events.ts";
import { onHealth } from "./faults.ts";
import { grantFreed } from "./granting.ts";
import { endTicket, onClose, onRelease, onReleasing } from "./releasing.ts";
import { onRequest } from "./request.ts";
import type { ArbiterState } from "./state.ts";
import { onAdopt, onTakeover } from "./takeover.ts";
import { expireTickets, planWake, wakeHosts } from "./tick.ts";
import { reviewWaiting } from "./waiting.ts";

/**
 * The arbiter as a pure machine: one event, the state after it, and what the shell has to do. A host
 * goes free -> acquiring -> claimed -> (releasing ->) free; a ticket goes waiting <-> acquiring and
 * leaves as granted or failed. Each event first changes what it is about, then offers every host that
 * may have become usable to those who list it in order of rank, then looks at who has to give up.
 */
export function step(state: ArbiterState, event: Event): { state: ArbiterState; effects: readonly Effect[] } {
  const draft = beginDraft(state, event.at);
  apply(draft, event);
  settle(draft);
  if (event.type === "tick") {
    expireTickets(draft);
    settle(draft);
    planWake(draft);
  }
  return { state: finishDraft(draft), effects: draft.effects };
}

function apply(draft: Draft, event: Event): void {
  switch (event.type) {
    case "request":
      onRequest(draft, event.request);
      draft.knots = [...draft.hosts.values()].some(
        (host) => host.holder?.workspace === event.request.workspace,
      );
      return;
    case "attempted":
      return onAttempted(draft, event);
    case "broken":
      return onBroken(draft, event);
    case "release":
      return onRelease(draft, event.claim);
    case "releasing":
      return onReleasing(draft, event.claim, event.reason);
    case "cancel": {
      const ticket = draft.tickets.get(event.ticket);
      return ticket && endTicket(draft, ticket, event.error);
    }
    case "close":
      return onClose(draft, event.workspace);
    case "health":
      return onHealth(draft, event.host, event.reason);
    case "takeover":
      return onTakeover(draft, event);
    case "adopt":
      return onAdopt(draft, event);
    case "tick":
      return wakeHosts(draft);
  }
}

/** Grants, failures and refusals may each make room for further grants. */
function settle(draft: Draft): void {
  do {
    grantFreed(draft);
    reviewWaiting(draft);
    if (draft.knots) refuseDeadlocks(draft);
    draft.knots = false;
  } while (draft.freed.size > 0 || draft.offered.size > 0 || draft.review.size > 0);
}
