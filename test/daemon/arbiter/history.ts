import { expect } from "vitest";
import { compareRank } from "../../../packages/daemon/src/arbiter/rank.ts";
import { type ArbiterState, initialState } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { HOSTS, type HistoryMove, type Idea, moveOf, newcomers } from "./history-moves.ts";
import { checkState } from "./invariants.ts";
import type { Move } from "./machine.ts";
import { Model } from "./model.ts";
import { restarted } from "./restart.ts";
import { foreign } from "./shell-lab.ts";
import { checkStep } from "./step-checks.ts";

/** One history: the arbiter, the clock, and the model that follows both. */
export class History {
  state: ArbiterState;
  now = 0;
  moves = 0;
  mostWaiting = 0;
  readonly #model = new Model();

  constructor(overtakes: number) {
    this.state = initialState({ pollMs: 10_000, overtakes });
  }

  send(move: HistoryMove): void {
    const { state: before, now } = this;
    const { state, effects } =
      move.type === "restart" ? restarted(before, { now, step }) : step(before, { ...move, at: now });
    this.state = state;
    this.moves += 1;
    this.mostWaiting = Math.max(this.mostWaiting, waitingIn(state).length);
    if (move.type === "restart") this.#model.restart(state);
    else {
      for (const ticket of before.tickets.values()) this.#model.giveBack(ticket, state);
      checkStep(before, state, { move, effects, now });
    }
    checkState(state, now);
    this.#model.follow(before, state, { move, effects, now });
  }

  /** What the idea comes to. The alarm rings in time, as the shell's does. */
  play(idea: Idea): void {
    const move = moveOf(this.state, idea);
    if (!move) return;
    const next = move.type === "tick" ? this.now + 60_000 : this.now + (idea.delay % 50);
    this.now = Math.max(this.now, Math.min(this.state.wakeAt, next));
    this.send(this.now >= this.state.wakeAt ? { type: "tick" } : move);
  }

  /**
   * From here on all hosts work and everybody gives back what he got, in rounds, while others keep coming.
   * Whoever waits is served within the bound of docs/decisions/arbiter.md.
   * @returns the longest that anybody waited, in rounds
   */
  settle(ideas: readonly Idea[]): number {
    const rounds = new Map<string, number>();
    const before = new Map<string, Set<string>>();
    const { overtakes } = this.state.config;
    for (let host = 0; host < HOSTS; host++) this.send({ type: "health", host: `h${host}`, reason: null });
    let longest = 0;
    for (let round = 0; this.state.tickets.size > 0; round++) {
      for (const move of newcomers(this.state, ideas, round)) this.send(move);
      this.#answerAll();
      this.#releaseAll();
      this.now += 20;
      if (this.state.wakeAt < Number.POSITIVE_INFINITY) this.now = Math.max(this.now, this.state.wakeAt);
      this.send({ type: "tick" });
      const waiting = waitingIn(this.state);
      for (const ticket of waiting) {
        const ahead = before.get(ticket.id) ?? new Set();
        before.set(ticket.id, ahead);
        for (const other of this.state.tickets.values())
          if (compareRank(other, ticket) < 0) ahead.add(other.id);
        const waited = (rounds.get(ticket.id) ?? 0) + 1;
        rounds.set(ticket.id, waited);
        longest = Math.max(longest, waited);
        expect(waited, `${ticket.id} waits for ever`).toBeLessThanOrEqual((1 + ahead.size) * (overtakes + 2));
      }
    }
    return longest;
  }

  /** Until nothing is being acquired any more; what was given up under way makes its attempt fail. */
  #answerAll(): void {
    for (let again = true; again; ) {
      again = false;
      for (const { id, attempt, phase } of [...this.state.tickets.values()]) {
        if (phase.state !== "acquiring") continue;
        const lost = phase.assigned.find(({ key, claim }) => {
          const holder = this.state.hosts.get(key)?.holder;
          return holder?.claim !== claim || holder.hold.state !== "acquiring";
        });
        const faults = new Map(lost ? [[lost.key, foreign]] : []);
        this.send({ type: "attempted", ticket: id, attempt, faults, jitter: 0.5 });
        again = true;
      }
    }
  }

  #releaseAll(): void {
    const claims = [...this.state.hosts.values()].flatMap(({ holder }): Move[] =>
      holder && holder.hold.state !== "acquiring" ? [{ type: "release", claim: holder.claim }] : [],
    );
    for (const move of claims) this.send(move);
  }
}

function waitingIn(state: ArbiterState) {
  return [...state.tickets.values()].filter(({ phase }) => phase.state === "waiting");
}
