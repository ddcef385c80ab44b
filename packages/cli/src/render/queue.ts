import type { JobView, ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { placeWords, since, slotWords, span, targetWords, until } from "@mtui/core/text";
import { leaseText } from "./lease.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type Queue = ResultOf<"list_queue">;
type Ticket = NonNullable<JobView["ticket"]>;

/** Who holds what, who waits for what and why, and which hosts nobody can have. */
export function renderQueue(queue: Queue, view: View): string[] {
  const lines = [...claimLines(queue.claims, view), ""];
  if (queue.tickets.length === 0) lines.push("Nobody waits.");
  for (const ticket of queue.tickets) lines.push(...ticketLines(ticket, view));
  // Those that are being released stand in the first table with their reason.
  const hosts = queue.hosts.filter(({ state }) => state !== "releasing");
  if (hosts.length > 0) lines.push("", ...troubleLines(hosts, view));
  return lines;
}

function claimLines(claims: Queue["claims"], view: View): string[] {
  if (claims.length === 0) return ["No host is claimed."];
  const rows = claims.map((claim) => [
    oneLine(claim.host),
    paint(claim.state, view.style),
    oneLine(claim.workspace),
    oneLine(claim.rrid ?? "-"),
    since(claim.since, view.now),
    doing(claim),
    leaseText(claim.lease_until, view.now),
    oneLine(claim.id),
    claim.slots.map((slot) => oneLine(slotWords(slot))).join("; ") || "-",
  ]);
  const titles = ["host", "state", "workspace", "update", "since", "doing", "lease", "claim", "test target"];
  return table([titles.map((title) => view.style.dim(title)), ...rows], { columns: view.columns });
}

function doing({ job, step, operation, reason }: Queue["claims"][number]): string {
  if (reason !== null) return oneLine(reason);
  if (job === null) return "-";
  return oneLine(step === null || step === operation ? job : `${job}: ${step}`);
}

function troubleLines(hosts: Queue["hosts"], view: View): string[] {
  const rows = hosts.map(({ host, state, since: at, next_try, reason }) => [
    oneLine(host),
    paint(state, view.style),
    at === null ? "-" : since(at, view.now),
    until(next_try, view.now),
    oneLine(reason),
  ]);
  const titles = ["not available", "state", "since", "next try", "why"].map((title) => view.style.dim(title));
  return table([titles, ...rows], { columns: view.columns });
}

export function ticketLines(ticket: Ticket, view: View): string[] {
  const who = oneLine(ticket.rrid ?? ticket.workspace);
  const job = ticket.job === null ? "" : ` (${oneLine(ticket.job)})`;
  const waited = `for ${span(Math.max(0, view.now - ticket.since))}`;
  const end = ticket.until === null ? "" : `, gives up at ${until(ticket.until, view.now)}`;
  return [
    `${view.style.yellow(`${who}: ${placeWords(ticket.position)}`)} ${waited}${job}${end}`,
    ...ticket.slots.flatMap(({ slot, candidates }) => [
      `  for ${oneLine(targetWords(slot))}`,
      ...candidates.map(({ host, why_not }) => `    ${oneLine(host)}: ${oneLine(why_not)}`),
    ]),
  ];
}
