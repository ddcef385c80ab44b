import { addTicket, cap, type Draft, keysOf, putHost, putTurn } from "./draft.ts";
import type { RequestFields } from "./events.ts";
import { foldWants } from "./folding.ts";
import { nextTag } from "./rank.ts";
import type { HostRecord, Ticket } from "./state.ts";

/** A new ticket at its rank, offered whatever is free. */
export function onRequest(draft: Draft, request: RequestFields): void {
  const ticket = makeTicket(draft, request);
  const names = new Map(ticket.wants.flatMap((want) => want.candidates).map(({ key, name }) => [key, name]));
  for (const [key, name] of names)
    putHost(draft, lookedAtAgain(draft.hosts.get(key), { key, name, now: draft.now }));
  putTurn(draft, ticket.namespace, ticket.tag);
  addTicket(draft, ticket);
  if (draft.config.overtakes <= 0) cap(draft, ticket);
  draft.effects.push({ type: "queued", ticket: ticket.id });
  for (const key of keysOf(ticket)) draft.freed.add(key);
  draft.review.add(ticket.id);
}

function makeTicket(draft: Draft, request: RequestFields): Ticket {
  draft.ticketCount += 1;
  const namespace = request.namespace ?? "";
  return {
    id: `t${draft.config.idPrefix}${draft.ticketCount}`,
    seq: draft.ticketCount,
    tag: nextTag(draft, namespace),
    workspace: request.workspace,
    namespace,
    rrid: request.rrid,
    job: request.job,
    slots: request.slots.map(({ slot }) => slot),
    wants: foldWants(request.slots),
    partial: request.partial,
    since: draft.now,
    phase: { state: "waiting" },
    attempt: 0,
    overtaken: 0,
    wait: request.wait,
    spent: { own: 0, foreign: 0 },
    waitsFor: "own",
    stretch: draft.now,
  };
}

/**
 * A new request is a reason to look again at a host that was locked by others or did not answer, at
 * once and for whoever comes first by rank. Quarantine is not lifted so.
 */
function lookedAtAgain(
  host: HostRecord | undefined,
  { key, name, now }: { key: string; name: string; now: number },
): HostRecord {
  if (!host) return { key, name, holder: null, health: null, foreign: null, lastUsed: 0 };
  const { health, foreign } = host;
  return {
    ...host,
    health:
      health && health.kind !== "quarantined"
        ? { ...health, retryAt: Math.min(health.retryAt, now) }
        : health,
    foreign: foreign && { ...foreign, retryAt: Math.min(foreign.retryAt, now) },
  };
}
