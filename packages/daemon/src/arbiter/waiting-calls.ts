import type { PendingClaim } from "./pending-claim.ts";
import type { ArbiterState } from "./state.ts";
import { TicketFeed } from "./ticket-feed.ts";

/** The calls of `claim` that last, by their tickets, and what each is told of its own. */
export class WaitingCalls {
  readonly #pending = new Map<string, PendingClaim>();
  /** Calls that have not had to wait yet: their ticket is shown from the first time on that they do. */
  readonly #fresh = new Map<string, PendingClaim>();
  readonly #feed: TicketFeed;

  constructor(feed: TicketFeed) {
    this.#feed = feed;
  }

  enter(ticket: string, call: PendingClaim): void {
    this.#pending.set(ticket, call);
    this.#fresh.set(ticket, call);
  }

  get(ticket: string): PendingClaim | undefined {
    return this.#pending.get(ticket);
  }

  get size(): number {
    return this.#pending.size;
  }

  get tickets(): string[] {
    return [...this.#pending.keys()];
  }

  /** When all that last now are over; never rejects. */
  async ended(): Promise<void> {
    await Promise.all([...this.#pending.values()].map(({ ended }) => ended));
  }

  end(ticket: string, settle: (call: PendingClaim) => void): void {
    const call = this.#pending.get(ticket);
    if (!call) return;
    this.#pending.delete(ticket);
    this.#fresh.delete(ticket);
    settle(call);
    if (this.#feed.unwatch(ticket)) call.onTicket?.(null);
  }

  /** Everybody whose view of the queue may differ from before: a host or the list of its waiters changed. */
  refresh(before: ArbiterState, after: ArbiterState): void {
    for (const [id, call] of this.#fresh) {
      const ticket = after.tickets.get(id);
      if (!ticket || ticket.phase.state !== "waiting") continue;
      this.#fresh.delete(id);
      if (call.onTicket) this.#feed.watch(id, call.onTicket);
    }
    if (!this.#feed.isUsed) return;
    for (const [key, waiters] of after.wanting) {
      const same = before.hosts.get(key) === after.hosts.get(key) && before.wanting.get(key) === waiters;
      if (!same) for (const { id } of waiters) this.#feed.changed(id);
    }
  }

  /** Nobody is told anything any more. */
  stop(): void {
    this.#feed.stop();
  }
}
