import { expect, test } from "vitest";
import type { Effect, Event } from "../../../packages/daemon/src/arbiter/events.ts";
import type { ArbiterState, HostRecord, Ticket } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { explore } from "./exploration.ts";
import type { Scenario } from "./scenario.ts";
import { foreign, unreachable } from "./shell-lab.ts";

/** All of the faults show before so many states. */
const LIMIT = 20_000;

type Step = typeof step;
type Result = ReturnType<Step>;

/** Small, yet with room for each of the faults below. */
const scenario: Scenario = {
  shapes: { w1: [[["A"], ["B"]], [["A"]]], w2: [[["B"], ["A"]], [["B"]]] },
  overtakes: 1,
  faults: [foreign, unreachable],
  leftovers: "at the end",
  takeovers: true,
};

function withHost(state: ArbiterState, host: HostRecord): ArbiterState {
  return { ...state, hosts: new Map(state.hosts).set(host.key, host) };
}

function withTicket(state: ArbiterState, ticket: Ticket): ArbiterState {
  return { ...state, tickets: new Map(state.tickets).set(ticket.id, ticket) };
}

function eachTicket(state: ArbiterState, change: (ticket: Ticket) => Ticket): ArbiterState {
  return [...state.tickets.values()].reduce((changed, ticket) => withTicket(changed, change(ticket)), state);
}

function eachHost(state: ArbiterState, change: (host: HostRecord) => HostRecord): ArbiterState {
  return [...state.hosts.values()].reduce((changed, host) => withHost(changed, change(host)), state);
}

function on<T extends Event["type"]>(
  type: T,
  faulty: (state: ArbiterState, event: Extract<Event, { type: T }>) => Result,
): Step {
  const isIt = (event: Event): event is Extract<Event, { type: T }> => event.type === type;
  return (state, event) => (isIt(event) ? faulty(state, event) : step(state, event));
}

/** The arbiter as it should not be, one fault each, and what the exploration has to say of it. */
const faults: [string, RegExp, Step][] = [
  [
    "it grants to a workspace that was closed meanwhile",
    /granted after its end/,
    on("attempted", (state, event) => {
      const revive = (ticket: Ticket): Ticket =>
        ticket.phase.state === "acquiring" ? { ...ticket, phase: { ...ticket.phase, doomed: null } } : ticket;
      return step(eachTicket(state, revive), event);
    }),
  ],
  [
    "it forgets a ticket whose attempt failed",
    /t\d+ ended 0 times/,
    on("attempted", (state, event) => {
      const result = step(state, event);
      if (event.faults.size === 0) return result;
      const ticket = result.state.tickets.get(event.ticket);
      if (ticket?.phase.state !== "waiting") return result;
      const cancelled = { type: "cancel", ticket: ticket.id, at: event.at } as const;
      const error = { kind: "request.cancelled", message: "", retryable: false } as const;
      return { state: step(result.state, { ...cancelled, error }).state, effects: result.effects };
    }),
  ],
  [
    "it gives one host to two",
    /left w\d without a word/,
    on("request", (state, event) => {
      const wanted = new Set(
        event.request.slots.flatMap(({ candidates }) => candidates.map(({ key }) => key)),
      );
      return step(
        eachHost(state, (host) => (wanted.has(host.key) ? { ...host, holder: null } : host)),
        event,
      );
    }),
  ],
  [
    "it wakes nobody after a release",
    /waits although it could have/,
    on("release", (state, event) => {
      const effects: Effect[] = [];
      const next = eachHost(state, (host) => {
        if (host.holder?.claim !== event.claim) return host;
        effects.push({ type: "released", host: host.key, name: host.name, holder: host.holder });
        return { ...host, holder: null };
      });
      return { state: next, effects };
    }),
  ],
  [
    "it wakes nobody when what was kept for a capped waiter is not needed any more",
    /waits although it could have/,
    on("cancel", (state, event) => {
      const { state: next, effects } = step({ ...state, capped: [] }, event);
      return { state: { ...next, capped: state.capped.filter(({ id }) => next.tickets.has(id)) }, effects };
    }),
  ],
  [
    "it keeps the hosts of an attempt that failed",
    /held by a ticket that waits or is gone/,
    on("attempted", (state, event) => {
      const { state: next, effects } = step(state, event);
      const kept = eachHost(next, (host) => {
        const before = state.hosts.get(host.key)?.holder;
        const isLost = host.holder === null && before?.hold.state === "acquiring";
        return isLost ? { ...host, holder: before } : host;
      });
      return { state: kept, effects };
    }),
  ],
  [
    "it grants by halves",
    /granted by halves/,
    on("request", (state, event) => {
      const { state: next, effects } = step(state, {
        ...event,
        request: { ...event.request, partial: true },
      });
      return { state: eachTicket(next, (ticket) => ({ ...ticket, partial: false })), effects };
    }),
  ],
  [
    "it lets a waiter be passed without end",
    /capped|overtaken \d+ times/,
    (state, event) => {
      const { state: next, effects } = step({ ...state, config: { ...state.config, overtakes: 9 } }, event);
      return { state: { ...next, config: state.config }, effects };
    },
  ],
  [
    "it lets two wait for each other for ever",
    /wait in a circle/,
    on("request", (state, event) => {
      const result = step(state, event);
      if (!result.effects.some((effect) => effect.type === "failed" && effect.error.kind === "deadlock"))
        return result;
      const hold = { state: "releasing", reason: "", tries: 0, retryAt: event.at + 1 } as const;
      const hidden = eachHost(state, (host) =>
        host.holder?.hold.state === "claimed" ? { ...host, holder: { ...host.holder, hold } } : host,
      );
      const { state: next, effects } = step(hidden, event);
      return { state: { ...next, hosts: state.hosts }, effects };
    }),
  ],
  [
    "it takes a host over without telling the loser",
    /left w\d without a word/,
    on("takeover", (state, event) => ({ ...step(state, event), effects: [] })),
  ],
  [
    "it sets no alarm for a foreign lock",
    /the alarm is set to Infinity/,
    on("attempted", (state, event) => {
      const { state: next, effects } = step(state, event);
      return { state: { ...next, wakeAt: state.wakeAt }, effects };
    }),
  ],
  [
    "it frees the hosts of a closed workspace before they are clean",
    /left w\d without a word/,
    on("close", (state, event) => {
      const { state: next, effects } = step(state, event);
      return {
        state: eachHost(next, (host) =>
          host.holder?.hold.state === "releasing" ? { ...host, holder: null } : host,
        ),
        effects,
      };
    }),
  ],
  [
    "it leaves a closed workspace its hosts",
    /keeps [AB]/,
    on("close", (state, event) => {
      const { state: next, effects } = step(state, event);
      return { state: { ...next, hosts: state.hosts }, effects };
    }),
  ],
  [
    "it grants what was given up under way",
    /was granted [AB] without having it/,
    on("attempted", (state, event) => {
      const { state: next, effects } = step(state, event);
      const lost = effects.some(({ type }) => type === "granted");
      return {
        state: lost
          ? eachHost(next, (host) => ({ ...host, holder: state.hosts.get(host.key)?.holder ?? null }))
          : next,
        effects,
      };
    }),
  ],
];

test.each(faults)("the exploration notices when %s", { timeout: 60_000 }, (_name, words, faulty) => {
  expect(() => explore(scenario, { step: faulty, limit: LIMIT })).toThrow(words);
});

test("it has nothing to say of the arbiter as it is", { timeout: 60_000 }, () => {
  expect(explore(scenario, { limit: LIMIT }).complete).toBe(true);
});

test("the story of a fault is the shortest there is, and ends with what was wrong", {
  timeout: 60_000,
}, () => {
  const [, , faulty] = faults.find(([name]) => name.startsWith("it takes a host over")) ?? [];
  const told = () => explore(scenario, { step: faulty ?? step });
  expect(told).toThrow(/after:\nw1 requests A \+ B\n.*"attempted".*\n.*"takeover".*$/);
});
