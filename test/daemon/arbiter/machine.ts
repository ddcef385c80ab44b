import type { Effect, Event, HostFault, RequestFields } from "../../../packages/daemon/src/arbiter/events.ts";
import { type ArbiterState, initialState, type Ticket } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { slot } from "./shell-lab.ts";

export const FOREVER = Number.POSITIVE_INFINITY;

export function request(
  workspace: string,
  slots: readonly (readonly string[])[],
  options: Partial<Omit<RequestFields, "slots" | "workspace">> = {},
): RequestFields {
  return {
    workspace,
    namespace: null,
    rrid: null,
    job: null,
    slots: slots.map((names, index) => ({
      slot: slot(`P${index}`),
      candidates: names.map((name) => ({ key: name, name })),
    })),
    wait: { own: FOREVER, foreign: FOREVER },
    partial: false,
    ...options,
  };
}

type Untimed<E> = E extends { at: number } ? Omit<E, "at"> : never;
export type Move = Untimed<Event>;

/** The pure machine with a clock at hand, for tests that tell a story. */
export class Machine {
  state: ArbiterState;
  now = 1000;
  effects: readonly Effect[] = [];

  constructor(options: { overtakes?: number } = {}) {
    this.state = initialState({ pollMs: 10_000, overtakes: options.overtakes ?? 8 });
  }

  send(move: Move): readonly Effect[] {
    const result = step(this.state, { ...move, at: this.now });
    this.state = result.state;
    this.effects = result.effects;
    return result.effects;
  }

  /** The id of the new ticket. */
  ask(...args: Parameters<typeof request>): string {
    const queued = this.send({ type: "request", request: request(...args) }).find(
      (effect) => effect.type === "queued",
    );
    return queued?.ticket ?? "";
  }

  /** Asks and has the attempt succeed; the hosts got, or null when it has to wait. */
  take(...args: Parameters<typeof request>): string[] | null {
    const ticket = this.ask(...args);
    return this.ok(ticket);
  }

  ok(ticket: string): string[] | null {
    const attempt = this.attemptOf(ticket);
    if (!attempt) return null;
    this.send({ type: "attempted", ticket, attempt: attempt.attempt, faults: new Map(), jitter: 0.5 });
    return attempt.hosts;
  }

  fail(ticket: string, faults: Record<string, HostFault>, jitter = 0.5): readonly Effect[] {
    const attempt = this.attemptOf(ticket)?.attempt ?? -1;
    return this.send({ type: "attempted", ticket, attempt, faults: new Map(Object.entries(faults)), jitter });
  }

  /** The hosts that are being acquired for the ticket, by want. */
  attemptOf(id: string): { attempt: number; hosts: string[] } | null {
    const ticket = this.state.tickets.get(id);
    if (ticket?.phase.state !== "acquiring") return null;
    const hosts = ticket.phase.assigned.toSorted((a, b) => a.want - b.want).map(({ key }) => key);
    return { attempt: ticket.attempt, hosts };
  }

  release(host: string): readonly Effect[] {
    return this.send({ type: "release", claim: this.claimOn(host) });
  }

  claimOn(host: string): string {
    return this.state.hosts.get(host)?.holder?.claim ?? "none";
  }

  tick(ms: number): readonly Effect[] {
    this.now += ms;
    return this.send({ type: "tick" });
  }

  ticket(id: string): Ticket | undefined {
    return this.state.tickets.get(id);
  }

  get order(): string[] {
    return this.state.queue.map(({ id }) => id);
  }

  failure(ticket: string) {
    return this.effects.find((effect) => effect.type === "failed" && effect.ticket === ticket);
  }
}
