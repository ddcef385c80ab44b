import type { ResultOf } from "@mtui/core/registry";
import { count, oneLine } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { ticketLines } from "./job.ts";
import { groupBy, type Teller, utc } from "./view.ts";

type Queue = ResultOf<"list_queue">;

/** Who waits and why, then who holds what, then what nobody can have. */
export const queueText: Teller<Queue> = ({ tickets, claims, hosts, ...more }) => {
  const lines: string[] = [];
  for (const ticket of tickets) {
    const job = ticket.job === null ? "" : ` (${oneLine(ticket.job)})`;
    lines.push(`${oneLine(ticket.rrid ?? ticket.workspace)}${job}:`, ...ticketLines(ticket));
  }
  if (tickets.length === 0) lines.push("Nobody waits.");
  for (const group of groupBy(claims, claimText)) {
    const [first] = group;
    if (first === undefined) continue;
    const ids = group.map(({ host, id }) => `${oneLine(host)}=${oneLine(id)}`).join(" ");
    lines.push(
      `${hostsAndCount(group.map(({ host }) => oneLine(host)))}: ${claimText(first)}; claims ${ids}`,
    );
  }
  if (claims.length === 0) lines.push("No host is claimed.");
  for (const group of groupBy(hosts, ({ state, reason }) => `${state}: ${oneLine(reason)}`)) {
    const [first] = group;
    if (first === undefined) continue;
    const names = hostsAndCount(group.map(({ host }) => oneLine(host)));
    lines.push(`${names}: ${first.state}: ${oneLine(first.reason)}; next try ${utc(first.next_try)}`);
  }
  const left = leftOut(more);
  return left === "" ? lines : [...lines, left];
};

function claimText({
  state,
  workspace,
  rrid,
  job,
  step,
  reason,
  lease_until,
}: Queue["claims"][number]): string {
  const doing = job === null ? "" : `, ${oneLine(job)}${step === null ? "" : `: ${oneLine(step)}`}`;
  const why = reason === null ? "" : `, ${oneLine(reason)}`;
  // To the hour: leases of one desk differ by seconds.
  const lease = lease_until === null ? "" : `, lease until ${utc(lease_until)}`;
  return `${state} by ${oneLine(workspace)}${rrid === null ? "" : ` (${oneLine(rrid)})`}${doing}${why}${lease}`;
}

/** What a view of one's own does not show is counted there. */
function leftOut(more: Readonly<Record<string, unknown>>): string {
  const numbers = Object.entries(more).filter(
    ([name, value]) => name !== "cursor" && typeof value === "number" && value > 0,
  );
  return numbers.map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`).join(", ");
}

export const takeoverText: Teller<ResultOf<"takeover">> = (result) => [
  `${oneLine(result.host)} is now of workspace ${oneLine(result.workspace)} (claim ${oneLine(result.claim)}); it was of ${oneLine(result.from.workspace)}.`,
  ...(result.cancelled_jobs.length === 0
    ? []
    : [
        `cancelled ${count(result.cancelled_jobs.length, "job")}: ${result.cancelled_jobs.map(oneLine).join(", ")}`,
      ]),
  ...result.warnings.map((text) => `warning: ${oneLine(text)}`),
];
