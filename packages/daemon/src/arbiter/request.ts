import { addTicket, cap, type Draft, putHost, putTurn } from "./draft.ts";
import type { RequestFields } from "./events.ts";
import { foldWants } from "./folding.ts";
import { nextTag } from "./rank.ts";
import type { Ticket } from "./state.ts";

/** A new ticket at its rank, offered whatever is free. */
export function onRequest(draft: Draft, request: RequestFields): void {
  const ticket = makeTicket(draft, request);
  const names = new Map(ticket.wants.flatMap((want) => want.candidates).map(({ key, name }) => [key, name]));
  for (const [key, name] of names) lookAgain(draft, key, name);
  putTurn(draft, ticket.namespace, request.place ? latestTurn(draft, ticket) : ticket.tag);
  addTicket(draft, ticket);
  if (ticket.overtaken >= draft.config.overtakes) cap(draft, ticket);
  draft.effects.push({ type: "queued", ticket: ticket.id });
  draft.offered.add(ticket.id);
  draft.review.add(ticket.id);
}

function makeTicket(draft: Draft, request: RequestFields): Ticket {
  const { place } = request;
  if (!place) draft.ticketCount += 1;
  const namespace = request.namespace ?? "";
  return {
    id: place?.id ?? `t${draft.ticketCount}`,
    seq: place?.seq ?? draft.ticketCount,
    tag: place?.tag ?? nextTag(draft, namespace),
    workspace: request.workspace,
    namespace,
    rrid: request.rrid,
    job: request.job,
    slots: request.slots.map(({ slot }) => slot),
    wants: foldWants(request.slots),
    partial: request.partial,
    since: place?.since ?? draft.now,
    phase: { state: "waiting" },
    attempt: 0,
    overtaken: place?.overtaken ?? 0,
    wait: place ? leftOf(request.wait, Math.max(0, draft.now - place.since)) : request.wait,
    spent: { own: 0, foreign: 0 },
    waitsFor: "own",
    stretch: draft.now,
  };
}

/** Tickets of an earlier life come back in any order: the last turn of a namespace counts. */
function latestTurn(draft: Draft, { namespace, tag }: Ticket): number {
  return Math.max(tag, draft.turns.get(namespace) ?? tag);
}

/** What of ours is left on hosts is removed first after a restart: nobody is turned away because of it. */
const AFTER_RESTART_MS = 60_000;

/** Who said "ten minutes" means ten minutes of his day, with or without a restart in between. */
function leftOf(wait: Ticket["wait"], passed: number): Ticket["wait"] {
  const left = (ms: number): number => Math.max(AFTER_RESTART_MS, ms - passed);
  return { own: left(wait.own), foreign: left(wait.foreign) };
}

/**
 * A new request is a reason to look again at a host that was locked by others or did not answer, at
 * once and for whoever comes first by rank. Quarantine is not lifted so.
 */
function lookAgain(draft: Draft, key: string, name: string): void {
  const host = draft.hosts.get(key);
  if (!host) putHost(draft, { key, name, holder: null, health: null, foreign: null, lastUsed: 0 });
  else if ((host.health && host.health.kind !== "quarantined") || host.foreign) {
    const { health, foreign } = host;
    putHost(draft, {
      ...host,
      health:
        health?.kind === "quarantined"
          ? health
          : health && { ...health, retryAt: Math.min(health.retryAt, draft.now) },
      foreign: foreign && { ...foreign, retryAt: Math.min(foreign.retryAt, draft.now) },
    });
    draft.freed.add(key);
  }
}
