import { isUnhealthy } from "./standing.ts";
import type { ArbiterState, Candidate, ForeignLock, Health, Holder, HostRecord, Ticket } from "./state.ts";

export type Tables = Pick<ArbiterState, "hosts" | "tickets" | "queue" | "wanting" | "capped">;

/** What keeps a candidate from serving a ticket at a moment. */
export type Obstacle =
  | { readonly state: "free" | "kept"; readonly known: boolean }
  | { readonly state: "own" | "held" | "releasing"; readonly holder: Holder }
  | { readonly state: Health["kind"]; readonly health: Health }
  | { readonly state: "foreign"; readonly lock: ForeignLock };

export function obstacle(
  tables: Tables,
  candidate: Candidate,
  { ticket, now }: { ticket: Ticket; now: number },
): Obstacle {
  const host = tables.hosts.get(candidate.key);
  if (!host) return { state: "free", known: false };
  const { holder, health, foreign } = host;
  if (holder) return { state: holderState(holder, ticket), holder };
  if (health && isUnhealthy(host, now)) return { state: health.kind, health };
  if (foreign && now < foreign.retryAt) return { state: "foreign", lock: foreign };
  return { state: isKept(tables, host, ticket) ? "kept" : "free", known: true };
}

function holderState({ hold, workspace }: Holder, ticket: Ticket): "own" | "held" | "releasing" {
  if (hold.state === "releasing") return "releasing";
  const own = hold.state === "acquiring" ? hold.ticket === ticket.id : workspace === ticket.workspace;
  return own ? "own" : "held";
}

function isKept({ capped, wanting }: Tables, host: HostRecord, ticket: Ticket): boolean {
  return capped.some(
    (entry) => entry.id !== ticket.id && wanting.get(host.key)?.some((other) => other.id === entry.id),
  );
}

/** Why this candidate does not serve this ticket now, as one phrase for people. */
export function whyNot(
  tables: Tables,
  candidate: Candidate,
  context: { ticket: Ticket; now: number },
): string {
  return phrase(obstacle(tables, candidate, context), context.ticket);
}

export function phrase(found: Obstacle, ticket: Ticket): string {
  switch (found.state) {
    case "free":
      return found.known ? "free, waiting for the other hosts of this request" : "free";
    case "kept":
      return "free, but kept for an earlier request";
    case "own":
    case "held":
    case "releasing":
      return whyHeld(found.holder, ticket);
    case "foreign":
      return whyForeign(found.lock);
    default:
      return whyUnhealthy(found.health);
  }
}

function whyHeld(holder: Holder, ticket: Ticket): string {
  const owner = `workspace ${holder.workspace}${holder.rrid ? ` (${holder.rrid})` : ""}`;
  switch (holder.hold.state) {
    case "acquiring":
      return holder.hold.ticket === ticket.id ? "being connected" : `being connected for ${owner}`;
    case "releasing":
      return `being released by ${owner}: ${plain(holder.hold.reason)}`;
    case "claimed":
      if (holder.workspace === ticket.workspace) return "held by this workspace already";
      return `held by ${owner} since ${moment(holder.since)}`;
  }
}

function whyUnhealthy(health: Health): string {
  const next = `next try ${moment(health.retryAt)}`;
  switch (health.kind) {
    case "dirty":
      return `dirty: ${plain(health.reason)}; ${next}`;
    case "quarantined":
      return `quarantined since ${moment(health.since)}: ${plain(health.reason)}; ${next}`;
    case "unreachable":
      return `unreachable: ${plain(health.reason)}; ${next}`;
  }
}

export function whyForeign(lock: { text: string; since: number | null }): string {
  const since = lock.since === null ? "" : ` since ${moment(lock.since)}`;
  return `foreign lock: ${plain(lock.text)}${since}`;
}

/** Text from hosts and lock files: one line, printable, bounded. */
export function plain(text: string): string {
  const cleaned = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, " ").trim();
  return cleaned.length > 200 ? `${cleaned.slice(0, 199)}…` : cleaned;
}

/** UTC to the second; the numbers may come from a file that anybody wrote. */
export function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(0, 19)}Z`;
}
