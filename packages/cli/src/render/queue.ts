import type { JobView, ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { duration, placeWords, slotWords } from "./format.ts";
import type { View } from "./view.ts";

type Ticket = NonNullable<JobView["ticket"]>;

/** Who holds what, then who waits for what and why. */
export function renderQueue({ claims, tickets }: ResultOf<"list_queue">, view: View): string[] {
  const lines: string[] = [];
  if (claims.length === 0) lines.push("No host is claimed.");
  else {
    const rows = claims.map((claim) => [
      oneLine(claim.host),
      claim.state,
      oneLine(claim.workspace),
      oneLine(claim.rrid ?? "-"),
      duration((view.now - claim.since) / 1000),
      claim.slots.map((slot) => oneLine(slotWords(slot))).join("; ") || "-",
    ]);
    const header = ["host", "state", "workspace", "update", "for", "test target"].map((title) =>
      view.style.dim(title),
    );
    lines.push(...table([header, ...rows], { columns: view.columns }));
  }
  lines.push("");
  if (tickets.length === 0) lines.push("Nobody waits.");
  for (const ticket of tickets) lines.push(...ticketLines(ticket, view));
  return lines;
}

export function ticketLines(ticket: Ticket, view: View): string[] {
  const who = oneLine(ticket.rrid ?? ticket.workspace);
  return [
    `${view.style.yellow(`${who}: ${placeWords(ticket.position)}`)} for ${duration((view.now - ticket.since) / 1000)}`,
    ...ticket.slots.flatMap(({ slot, candidates }) => [
      `  for ${oneLine(slotWords(slot))}`,
      ...candidates.map(({ host, why_not }) => `    ${oneLine(host)}: ${oneLine(why_not)}`),
    ]),
  ];
}
