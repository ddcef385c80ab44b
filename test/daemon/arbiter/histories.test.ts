import fc from "fast-check";
import { expect, test } from "vitest";
import type { Effect } from "../../../packages/daemon/src/arbiter/events.ts";
import { compareRank } from "../../../packages/daemon/src/arbiter/rank.ts";
import { type ArbiterState, initialState, type Ticket } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { bestServed, checkState } from "./invariants.ts";
import { type Move, request } from "./machine.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";
import { checkStep } from "./step-checks.ts";

const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const WORKSPACES = 50;
const HOSTS = 30;
const NAMESPACES = 5;

/** A move before it is known what there is to move: numbers that pick among the possible. */
const idea = fc.record({
  kind: fc.nat(99),
  pick: fc.nat(10_000),
  workspace: fc.nat(WORKSPACES - 1),
  slots: fc.array(fc.uniqueArray(fc.nat(HOSTS - 1), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 3,
  }),
  fault: fc.nat(2),
  partial: fc.nat(9),
  wait: fc.constantFrom(0, 5_000, 60_000, Number.POSITIVE_INFINITY),
  delay: fc.nat(20_000),
});
type Idea = typeof idea extends fc.Arbitrary<infer T> ? T : never;

function pickFrom<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

function moveOf(state: ArbiterState, idea: Idea): Move | null {
  const { kind, pick, workspace } = idea;
  const holders = [...state.hosts.values()].flatMap(({ key, holder }) =>
    holder ? [{ key, ...holder }] : [],
  );
  const claimed = holders.filter(({ hold }) => hold.state === "claimed");
  const tickets = [...state.tickets.values()];
  if (kind < 30) {
    const slots = idea.slots.map((hosts) => hosts.map((host) => `h${host}`));
    const wait = { own: idea.wait, foreign: idea.wait };
    const namespace = `n${workspace % NAMESPACES}`;
    return {
      type: "request",
      request: request(`w${workspace}`, slots, { namespace, wait, partial: idea.partial === 0 }),
    };
  }
  if (kind < 70) {
    const ticket = pickFrom(
      tickets.filter(({ phase }) => phase.state === "acquiring"),
      pick,
    );
    if (ticket?.phase.state !== "acquiring") return null;
    const host = kind < 60 ? undefined : pickFrom(ticket.phase.assigned, pick)?.key;
    const fault = [foreign, unreachable, dirty][idea.fault] ?? foreign;
    const faults = new Map(host === undefined ? [] : [[host, fault] as const]);
    return {
      type: "attempted",
      ticket: ticket.id,
      attempt: ticket.attempt,
      faults,
      jitter: (pick % 100) / 100,
    };
  }
  if (kind < 84) {
    const holder = pickFrom(
      holders.filter(({ hold }) => hold.state !== "acquiring"),
      pick,
    );
    return holder ? { type: "release", claim: holder.claim } : null;
  }
  if (kind < 86) {
    const holder = pickFrom(claimed, pick);
    return holder ? { type: "releasing", claim: holder.claim, reason: "left" } : null;
  }
  if (kind < 89) {
    const ticket = pickFrom(tickets, pick);
    const error = { kind: "request.cancelled", message: "no", retryable: false } as const;
    return ticket ? { type: "cancel", ticket: ticket.id, error } : null;
  }
  if (kind < 91) return { type: "close", workspace: `w${workspace}` };
  if (kind < 92) {
    const holder = pickFrom(claimed, pick);
    const by = { workspace: `w${workspace}`, rrid: null, job: null };
    return holder ? { type: "takeover", host: holder.key, claim: holder.claim, by, reason: "r" } : null;
  }
  if (kind < 94) return { type: "health", host: `h${pick % HOSTS}`, reason: kind < 93 ? null : "bad" };
  return { type: "tick" };
}

/** What the outside may expect, in a few lines: who owns what, who passed whom. */
class Model {
  readonly owner = new Map<string, string>();
  readonly harmed = new Map<string, number>();
  readonly later = new Map<string, Map<string, number>>();
  readonly slack = new Map<string, number>();
  readonly flights = new Map<string, string[]>();

  follow(
    before: ArbiterState,
    after: ArbiterState,
    { move, effects, now }: { move: Move; effects: readonly Effect[]; now: number },
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
    if (effect.type === "released") this.owner.delete(effect.host);
    if (effect.type === "takenOver") this.owner.set(effect.host, effect.to.claim);
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

function play(ideas: readonly Idea[], overtakes: number): { moves: number; waited: number } {
  let state = initialState({ pollMs: 10_000, overtakes });
  let now = 0;
  let moves = 0;
  let waited = 0;
  const model = new Model();
  const send = (move: Move) => {
    const before = state;
    const result = step(before, { ...move, at: now });
    state = result.state;
    moves += 1;
    waited = Math.max(
      waited,
      [...state.tickets.values()].filter(({ phase }) => phase.state === "waiting").length,
    );
    for (const ticket of before.tickets.values()) model.giveBack(ticket, state);
    checkStep(before, state, { move, effects: result.effects });
    checkState(state, now);
    model.follow(before, state, { move, effects: result.effects, now });
  };
  for (const idea of ideas) {
    const move = moveOf(state, idea);
    if (!move) continue;
    const next = move.type === "tick" ? now + 60_000 : now + (idea.delay % 50);
    // The alarm rings in time, as the shell's does.
    now = Math.max(now, Math.min(state.wakeAt, next));
    send(now >= state.wakeAt ? { type: "tick" } : move);
  }
  return { moves, waited };
}

test("long random histories agree with the model", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  let moves = 0;
  let waited = 0;
  const history = fc.array(idea, { minLength: 200, maxLength: LONG ? 2000 : 400, size: "max" });
  const property = fc.property(history, fc.constantFrom(0, 1, 3, 8), (ideas, overtakes) => {
    const played = play(ideas, overtakes);
    moves += played.moves;
    waited = Math.max(waited, played.waited);
  });
  fc.assert(property, { seed: SEED, numRuns: LONG ? 500 : 12, endOnFailure: !LONG });
  console.log(`arbiter histories: seed ${SEED} (MTUI_SEED), ${moves} moves, up to ${waited} waiting`);
  expect(waited).toBeGreaterThan(10);
});
