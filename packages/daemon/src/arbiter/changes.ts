import type { ArbiterState, Holder, Ticket } from "./state.ts";

/** What one event changed of that which has to survive the daemon. */
export interface ArbiterChange {
  /** Hosts that came to be held otherwise; null = by nobody. */
  readonly holders: readonly {
    readonly key: string;
    readonly name: string;
    readonly holder: Holder | null;
  }[];
  /** Tickets of jobs that began to wait, were passed, or ended (null), by job. */
  readonly tickets: readonly { readonly job: string; readonly ticket: Ticket | null }[];
  /** How many of each there have been: ids are not used twice. */
  readonly counts: { readonly tickets: number; readonly claims: number };
}

/** @returns null when there is nothing to write down */
export function changesBetween(before: ArbiterState, after: ArbiterState): ArbiterChange | null {
  const holders = holderChanges(before, after);
  const tickets = ticketChanges(before, after);
  if (holders.length === 0 && tickets.length === 0) return null;
  return { holders, tickets, counts: { tickets: after.ticketCount, claims: after.claimCount } };
}

function holderChanges(before: ArbiterState, after: ArbiterState): ArbiterChange["holders"] {
  if (before.hosts === after.hosts) return [];
  const changes: { key: string; name: string; holder: Holder | null }[] = [];
  for (const [key, { name, holder }] of after.hosts) {
    const former = before.hosts.get(key)?.holder ?? null;
    if (former !== holder && !looksSame(former, holder)) changes.push({ key, name, holder });
  }
  for (const [key, { name, holder }] of before.hosts) {
    if (holder && !after.hosts.has(key)) changes.push({ key, name, holder: null });
  }
  return changes;
}

/** Tries and times of a release that is tried again are nothing to remember. */
function looksSame(a: Holder | null, b: Holder | null): boolean {
  return a?.claim === b?.claim && a?.hold.state === b?.hold.state;
}

function ticketChanges(before: ArbiterState, after: ArbiterState): ArbiterChange["tickets"] {
  if (before.tickets === after.tickets) return [];
  const changes: { job: string; ticket: Ticket | null }[] = [];
  for (const [id, ticket] of after.tickets) {
    const former = before.tickets.get(id);
    if (former === ticket || former?.overtaken === ticket.overtaken || ticket.job === null) continue;
    changes.push({ job: ticket.job, ticket });
  }
  for (const [id, { job }] of before.tickets) {
    if (job !== null && !after.tickets.has(id)) changes.push({ job, ticket: null });
  }
  return changes;
}
