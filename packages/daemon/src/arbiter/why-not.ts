import { isUnhealthy } from "./standing.ts";
import type { ArbiterState, Candidate, HostRecord, Ticket } from "./state.ts";

export type Tables = Pick<ArbiterState, "hosts" | "tickets" | "queue" | "wanting" | "capped">;

/** Why this candidate does not serve this ticket now, as one phrase for people. */
export function whyNot(
  tables: Tables,
  candidate: Candidate,
  { ticket, now }: { ticket: Ticket; now: number },
): string {
  const host = tables.hosts.get(candidate.key);
  if (!host) return "free";
  const held = whyHeld(host, ticket);
  if (held) return held;
  if (isUnhealthy(host, now)) return whyUnhealthy(host);
  if (host.foreign && now < host.foreign.retryAt) return whyForeign(host.foreign);
  if (
    tables.capped.some(
      (entry) =>
        entry.id !== ticket.id && tables.wanting.get(host.key)?.some((other) => other.id === entry.id),
    )
  ) {
    return "free, but kept for an earlier request";
  }
  return "free, waiting for the other hosts of this request";
}

function whyHeld({ holder }: HostRecord, ticket: Ticket): string | null {
  if (!holder) return null;
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

function whyUnhealthy({ health }: HostRecord): string {
  if (!health) return "unknown";
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
