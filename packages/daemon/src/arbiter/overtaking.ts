import { cap, type Draft, isBefore, putTicket, uncap } from "./draft.ts";
import type { Ticket } from "./state.ts";

/**
 * A grant counts against every waiter before it that lists one of its hosts. Whoever has been
 * passed `overtakes` times is capped: from then on what it needs of the free hosts is kept for it,
 * and only grants that leave it this much pass it (they are not counted).
 */
export function countOvertakes(draft: Draft, ticket: Ticket, keys: readonly string[]): string[] {
  const passed = new Set<string>();
  for (const key of keys) {
    for (const entry of draft.wanting.get(key) ?? []) {
      if (!isBefore(entry, ticket)) break;
      passed.add(entry.id);
    }
  }
  const counted: string[] = [];
  for (const id of passed) {
    const waiter = draft.tickets.get(id);
    if (waiter?.phase.state !== "waiting" || waiter.overtaken >= draft.config.overtakes) continue;
    const overtaken = waiter.overtaken + 1;
    const next = { ...waiter, overtaken };
    putTicket(draft, next);
    if (overtaken >= draft.config.overtakes) cap(draft, next);
    counted.push(id);
  }
  return counted;
}

/** The attempt failed, so nobody was passed after all. */
export function refundOvertakes(draft: Draft, ids: readonly string[]): void {
  for (const id of ids) {
    const waiter = draft.tickets.get(id);
    if (!waiter || waiter.overtaken === 0) continue;
    const next = { ...waiter, overtaken: waiter.overtaken - 1 };
    uncap(draft, waiter);
    putTicket(draft, next);
  }
}
