import type { Slot } from "@mtui/core/domain";
import type { ResultOf } from "@mtui/core/registry";
import { candidateView } from "./candidate-view.ts";
import { deadline } from "./patience.ts";
import { compareRank } from "./rank.ts";
import type { ArbiterState, Ticket } from "./state.ts";
import { plain } from "./why-not.ts";

type Queue = ResultOf<"list_queue">;
export type TicketView = Queue["tickets"][number];
/** What the arbiter knows of a claim; leases and jobs are known elsewhere. */
export type ClaimView = Omit<Queue["claims"][number], "lease_until" | "operation" | "step">;
export interface QueueView {
  claims: ClaimView[];
  tickets: TicketView[];
}

/** Who holds what and who waits for what, in the order of the queue. */
export function queueView(state: ArbiterState, now: number): QueueView {
  const claims: ClaimView[] = [];
  for (const { key, name, holder } of state.hosts.values()) {
    if (!holder) continue;
    const { hold } = holder;
    claims.push({
      id: holder.claim,
      host: name,
      key,
      workspace: holder.workspace,
      rrid: holder.rrid,
      job: holder.job,
      state: hold.state,
      reason: hold.state === "releasing" ? plain(hold.reason) : null,
      since: holder.since,
      slots: holder.slots.map(slotView),
    });
  }
  claims.sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
  const tickets = state.queue.flatMap(({ id }) => {
    const ticket = state.tickets.get(id);
    return ticket ? [ticketView(state, ticket, now)] : [];
  });
  return { claims, tickets };
}

export function ticketView(state: ArbiterState, ticket: Ticket, now: number): TicketView {
  const slots: TicketView["slots"] = [];
  for (const want of ticket.wants) {
    const candidates = want.candidates.map((candidate) => candidateView(state, candidate, { ticket, now }));
    for (const index of want.slots) {
      const slot = ticket.slots[index];
      if (slot) slots.push({ slot: slotView(slot), candidates });
    }
  }
  const { id, workspace, rrid, job, since, waitsFor } = ticket;
  const until = ticket.phase.state === "waiting" ? deadline(ticket) : Infinity;
  return {
    id,
    position: position(state, ticket),
    workspace,
    rrid,
    job,
    since,
    until: Number.isFinite(until) ? until : null,
    waits_for: waitsFor,
    slots,
  };
}

/** 1 + how many that wait for one of the same hosts come first; 0 while its hosts are being connected. */
export function position(state: ArbiterState, ticket: Ticket): number {
  if (ticket.phase.state === "acquiring") return 0;
  const before = new Set<string>();
  for (const want of ticket.wants) {
    for (const { key } of want.candidates) {
      for (const entry of state.wanting.get(key) ?? []) {
        if (compareRank(entry, ticket) >= 0) break;
        before.add(entry.id);
      }
    }
  }
  return before.size + 1;
}

function slotView({ product, version, arch, addons }: Slot) {
  return { product, version, arch, addons: [...addons] };
}
