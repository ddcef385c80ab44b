import type { HostRecord, Ticket } from "./state.ts";

/** How a host stands to a ticket at a moment; only `free` and `own` can serve it. */
export type Standing = "free" | "own" | "held" | "foreign" | "unhealthy";

export function standing(host: HostRecord, workspace: string, now: number): Standing {
  if (host.holder) {
    return host.holder.workspace === workspace && host.holder.hold.state === "claimed" ? "own" : "held";
  }
  if (isUnhealthy(host, now)) return "unhealthy";
  if (host.foreign && now < host.foreign.retryAt) return "foreign";
  return "free";
}

/** Known to be of no use until its next probe is due. */
export function isUnhealthy(host: HostRecord, now: number): boolean {
  return host.health !== null && now < host.health.retryAt;
}

export function canServe(host: HostRecord | undefined, ticket: Ticket, now: number): boolean {
  if (!host) return false;
  const how = standing(host, ticket.workspace, now);
  return how === "free" || how === "own";
}

/** In no name of a host and in no id. */
const MARK = "\0";

/**
 * The place that a host is in a matching. A host that the workspace holds serves each of its
 * tickets, one want of each, so that it is another place for every ticket; a free one goes to one.
 */
export function placeOf(host: HostRecord, ticket: Ticket): string {
  return host.holder ? `${ticket.id}${MARK}${host.key}` : host.key;
}

/** The host's key again. */
export function hostAt(place: string): string {
  return place.slice(place.indexOf(MARK) + 1);
}

export function isOwnPlace(place: string): boolean {
  return place.includes(MARK);
}
