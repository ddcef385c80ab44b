import type { Ticket } from "./state.ts";

/**
 * Patience is counted in two purses, one for hosts of our own workspaces and one for foreign locks.
 * Only the purse of what is waited for at the moment runs down, and none during an attempt.
 */
export function stopClock(ticket: Ticket, now: number): Ticket {
  const passed = Math.max(0, now - ticket.stretch);
  const spent = { ...ticket.spent, [ticket.waitsFor]: ticket.spent[ticket.waitsFor] + passed };
  return { ...ticket, spent, stretch: now };
}

export function startClock(ticket: Ticket, now: number): Ticket {
  return { ...ticket, stretch: now };
}

/** When the ticket gives up if nothing changes; `Infinity` = never. */
export function deadline(ticket: Ticket): number {
  return ticket.stretch + ticket.wait[ticket.waitsFor] - ticket.spent[ticket.waitsFor];
}
