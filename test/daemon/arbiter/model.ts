import { expect } from "vitest";
import type { Effect } from "../../../packages/daemon/src/arbiter/events.ts";
import { compareRank } from "../../../packages/daemon/src/arbiter/rank.ts";
import type { ArbiterState, Ticket } from "../../../packages/daemon/src/arbiter/state.ts";
import type { HistoryMove } from "./history-moves.ts";
import { bestServed } from "./invariants.ts";

/** What the outside may expect, in a few lines: who owns what, who passed whom. */
export class Model {
  readonly owner = new Map<string, string>();
  readonly harmed = new Map<string, number>();
  readonly later = new Map<string, Map<string, number>>();
  readonly slack = new Map<string, number>();
  readonly flights = new Map<string, string[]>();

  follow(
    before: ArbiterState,
    after: ArbiterState,
    { move, effects, now }: { move: HistoryMove; effects: readonly Effect[]; now: number },
  ): void {
    for (const effect of effects) this.#own(effect);
    for (const { key, holder } of after.hosts.values()) {
      expect(this.owner.get(key), `owner of ${key}`).toBe(holder?.claim);
    }
    if (move.type === "request") this.#arrive(before, after);
    this.#passes(before, after, { effects, now });
  }

  /** Hosts change hands only as the effects say, and only a free host is given away. */
  #own(effect: Effect): void {
    if (effect.type === "attempt") {
      for (const { key, claim } of effect.assigned) {
        expect(this.owner.has(key), `${key} is given away twice`).toBe(false);
        this.owner.set(key, claim);
      }
    }
    if (effect.type === "adopted") this.owner.set(effect.host, effect.holder.claim);
    if (effect.type === "released") this.owner.delete(effect.host);
    if (effect.type === "takenOver") this.owner.set(effect.host, effect.to.claim);
  }

  /**
   * Attempts that were under way are over; what they passed stays passed. A namespace of which nobody
   * waits comes back without history, so that the bound of the rank begins anew.
   */
  restart(after: ArbiterState): void {
    this.flights.clear();
    this.later.clear();
    const first = after.queue[0]?.tag ?? 0;
    for (const { id, tag } of after.queue) this.slack.set(id, tag - first);
    for (const key of this.owner.keys()) if (!after.hosts.get(key)?.holder) this.owner.delete(key);
  }

  /** An attempt's hosts go back when it fails; the state says which could not be cleaned. */
  giveBack(ticket: Ticket, after: ArbiterState): void {
    if (ticket.phase.state !== "acquiring") return;
    for (const { key, claim } of ticket.phase.assigned) {
      if (after.hosts.get(key)?.holder?.claim !== claim && this.owner.get(key) === claim)
        this.owner.delete(key);
    }
  }

  /** Of each other namespace only so many that come later may rank before a waiter; of its own none. */
  #arrive(before: ArbiterState, after: ArbiterState): void {
    const arrived = [...after.tickets.values()].find(({ id }) => !before.tickets.has(id));
    if (!arrived) return;
    this.slack.set(arrived.id, arrived.tag - (before.queue[0]?.tag ?? arrived.tag));
    for (const waiter of before.tickets.values()) {
      if (!after.tickets.has(waiter.id) || compareRank(arrived, waiter) > 0) continue;
      expect(arrived.namespace, "a namespace overtakes itself").not.toBe(waiter.namespace);
      const counts = this.later.get(waiter.id) ?? new Map<string, number>();
      counts.set(arrived.namespace, (counts.get(arrived.namespace) ?? 0) + 1);
      this.later.set(waiter.id, counts);
      expect(counts.get(arrived.namespace)).toBeLessThanOrEqual(this.slack.get(waiter.id) ?? 0);
    }
  }

  /** A grant that leaves an earlier waiter worse off counts against the bound, unless its attempt fails. */
  #passes(
    before: ArbiterState,
    after: ArbiterState,
    { effects, now }: { effects: readonly Effect[]; now: number },
  ): void {
    for (const ticket of before.tickets.values()) {
      const still = after.tickets.get(ticket.id);
      if (
        ticket.phase.state !== "acquiring" ||
        (still?.phase.state === "acquiring" && still.attempt === ticket.attempt)
      )
        continue;
      // With these hosts: a partial request may get others at once when they fail.
      const first = ticket.phase.assigned[0]?.claim;
      const granted = effects.some(
        (effect) => effect.type === "granted" && effect.assigned[0]?.claim === first,
      );
      const flight = `${ticket.id}/${ticket.attempt}`;
      if (!granted) {
        for (const id of this.flights.get(flight) ?? []) this.harmed.set(id, (this.harmed.get(id) ?? 1) - 1);
      }
      this.flights.delete(flight);
    }
    // Of several grants in one step each is judged by what was free at its turn.
    const grants = effects.filter((effect) => effect.type === "attempt");
    grants.forEach((grant, index) => {
      const ticket = after.tickets.get(grant.ticket);
      if (!ticket) return;
      const taken = new Set(grant.assigned.map(({ key }) => key));
      const still = new Set(grants.slice(index).flatMap(({ assigned }) => assigned.map(({ key }) => key)));
      const hosts = new Map(
        [...after.hosts].map(([key, host]) => [key, still.has(key) ? { ...host, holder: null } : host]),
      );
      const harmed: string[] = [];
      for (const waiter of after.tickets.values()) {
        if (waiter.phase.state !== "waiting" || waiter.partial || compareRank(waiter, ticket) > 0) continue;
        const best = (without: Set<string>) =>
          bestServed(waiter, { ...after, hosts }, { now, taken: without });
        if (best(taken) === best(new Set())) continue;
        harmed.push(waiter.id);
        this.harmed.set(waiter.id, (this.harmed.get(waiter.id) ?? 0) + 1);
        expect(this.harmed.get(waiter.id), `${waiter.id} was passed too often`).toBeLessThanOrEqual(
          after.config.overtakes,
        );
      }
      this.flights.set(`${grant.ticket}/${grant.attempt}`, harmed);
    });
  }
}
