import { type Draft, removeTicket } from "./draft.ts";
import { type CycleLink, deadlock } from "./failures.ts";
import { emptyMatching, matchScarceFirst } from "./matching.ts";
import type { HostRecord, Ticket, Want } from "./state.ts";

/**
 * Workspaces that hold hosts and wait for each other's would wait for ever. Looked for whenever a
 * workspace that holds something begins to wait or one that waits gets to hold something; the newest
 * ticket of the knot is refused. Only claims count: what is being acquired or released moves by itself, and
 * so does what a failed attempt gave back, which is why its failure cannot tie a knot.
 */
export function refuseDeadlocks(draft: Draft): void {
  for (;;) {
    const stuck = stuckTickets(draft);
    const newest = stuck.toSorted((a, b) => b.seq - a.seq)[0];
    if (!newest) return;
    const error = deadlock(cycleFrom(draft, newest, stuck), newest);
    removeTicket(draft, newest);
    draft.effects.push({ type: "failed", ticket: newest.id, error });
  }
}

function stuckTickets(draft: Draft): Ticket[] {
  const waiting = waitingOfHolders(draft);
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const [workspace, tickets] of waiting) {
      if (tickets.every((ticket) => canEndWithout(draft, ticket, waiting))) waiting.delete(workspace);
    }
  }
  return [...waiting.values()].flat();
}

function waitingOfHolders(draft: Draft): Map<string, Ticket[]> {
  const found = new Map<string, Ticket[]>();
  for (const host of draft.hosts.values()) {
    if (host.holder?.hold.state === "claimed") found.set(host.holder.workspace, []);
  }
  for (const ticket of draft.tickets.values()) {
    if (ticket.phase.state === "waiting") found.get(ticket.workspace)?.push(ticket);
  }
  for (const [workspace, tickets] of found) if (tickets.length === 0) found.delete(workspace);
  return found;
}

/** Would the ticket be served if every workspace but the stuck ones gave its hosts back? */
function canEndWithout(draft: Draft, ticket: Ticket, stuck: ReadonlyMap<string, unknown>): boolean {
  const choices = (want: Want) =>
    want.candidates.filter(({ key }) => !isStuck(draft.hosts.get(key), ticket, stuck)).map(({ key }) => key);
  const unserved = matchScarceFirst(emptyMatching<Want>(), ticket.wants, choices);
  return ticket.partial ? unserved.length < ticket.wants.length : unserved.length === 0;
}

function isStuck(host: HostRecord | undefined, ticket: Ticket, stuck: ReadonlyMap<string, unknown>): boolean {
  const holder = host?.holder;
  if (!holder || holder.hold.state !== "claimed" || holder.workspace === ticket.workspace) return false;
  return stuck.has(holder.workspace);
}

/** Follows who waits for whom until a workspace comes up again. */
function cycleFrom(draft: Draft, newest: Ticket, stuck: readonly Ticket[]): CycleLink[] {
  const names = new Map(stuck.map((ticket) => [ticket.workspace, true]));
  const links: CycleLink[] = [];
  let ticket: Ticket | undefined = newest;
  while (ticket && !links.some((link) => link.workspace === ticket?.workspace)) {
    const waiter: Ticket = ticket;
    const isHeld = ({ key }: { key: string }) => isStuck(draft.hosts.get(key), waiter, names);
    const blocked = waiter.wants.find((want) => want.candidates.every(isHeld));
    const candidate = (blocked ? [blocked] : waiter.wants).flatMap((want) => want.candidates).find(isHeld);
    const heldBy = candidate && draft.hosts.get(candidate.key)?.holder?.workspace;
    if (!candidate || heldBy === undefined) break;
    links.push({ workspace: waiter.workspace, waitsFor: candidate.name, heldBy });
    ticket = stuck.find((other) => other.workspace === heldBy);
  }
  const last = links.at(-1);
  const start = links.findIndex((link) => link.workspace === last?.heldBy);
  return start < 0 ? links : links.slice(start);
}
