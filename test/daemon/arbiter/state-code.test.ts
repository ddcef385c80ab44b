import fc from "fast-check";
import { expect, test } from "vitest";
import { type ArbiterState, initialState } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { FORGET_MS } from "../../../packages/daemon/src/arbiter/tick.ts";
import { follow } from "./exploration.ts";
import { type Choice, choicesOf, type Due, nothing } from "./possible-moves.ts";
import { type World, worldOf } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { codeLength, decode, encode, NOW } from "./state-code.ts";

const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LONG = process.env["MTUI_LONG"] === "1";
const RUNS = LONG ? 50 : 8;

function codeOf(world: World, state: ArbiterState, now: number): string {
  const code = new Uint8Array(codeLength(world));
  encode(world, state, { now, into: code });
  return Buffer.from(code).toString("hex");
}

function successors(world: World, state: ArbiterState, now: number): string[] {
  return choicesOf(world, state, now).map((choice) =>
    codeOf(world, follow(state, choice, { now, step }), now),
  );
}

function decoded(world: World, code: string): ArbiterState {
  return decode(world, Buffer.from(code, "hex"));
}

/** Long ways through the real states, which are never exchanged for what their codes say. */
const walk = fc.record({
  picks: fc.array(fc.nat(10_000), { minLength: 60, maxLength: 150, size: "max" }),
  delays: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
});

test.each(scenarios)(
  "a state and the state of its code have the same successors: $name",
  ({ name, scenario }) => {
    const world = worldOf(scenario);
    // So long that the clock alone brings nothing; the choices bring it.
    const raw = { ...world, config: { ...world.config, pollMs: 1e9 } };
    let compared = 0;
    const property = fc.property(walk, ({ picks }) => {
      let state = initialState(raw.config);
      let now = NOW + 5;
      for (const pick of picks) {
        const code = codeOf(raw, state, now);
        const canonical = decoded(world, code);
        expect(codeOf(world, canonical, NOW)).toBe(code);
        const expected = successors(world, canonical, NOW);
        expect(successors(raw, state, now)).toEqual(expected);
        compared += expected.length;
        const choices = choicesOf(raw, state, now);
        const choice = choices[pick % choices.length];
        if (!choice) break;
        state = follow(state, choice, { now, step });
        now += 1;
      }
    });
    fc.assert(property, { seed: SEED, numRuns: RUNS });
    console.log(`arbiter, codes of ${name}: seed ${SEED} (MTUI_SEED), ${compared} successors compared`);
  },
);

/** The same state, in which everything known of hosts is so old that a tick may forget it. */
function aged(state: ArbiterState, now: number): ArbiterState {
  const seenAt = now - FORGET_MS;
  const hosts = [...state.hosts.values()].map((host) => {
    const { health, foreign } = host;
    return { ...host, health: health && { ...health, seenAt }, foreign: foreign && { ...foreign, seenAt } };
  });
  return { ...state, hosts: new Map(hosts.map((host) => [host.key, host])) };
}

/** What a tick forgets in the aged state; a timer that is over makes its host's news fresh (`elapsed`). */
function forgettable(state: ArbiterState, due: Due | undefined): Set<string> {
  const hosts = [...state.hosts.values()].filter(
    ({ key, health, foreign, holder }) =>
      [health, foreign].some((news) => news && (news.retryAt <= NOW || due?.forgotten.has(key))) &&
      !holder &&
      !state.wanting.has(key) &&
      !due?.hosts.has(key),
  );
  return new Set(hosts.map(({ key }) => key));
}

const forgetting = scenarios.filter(({ scenario }) => scenario.faults.length > 0 || scenario.health);

test.each(forgetting)(
  "the age of news shows at ticks alone, and as at a tick of its own: $name",
  ({ name, scenario }) => {
    const world = worldOf(scenario);
    let together = 0;
    const property = fc.property(walk, ({ picks }) => {
      let state = initialState(world.config);
      for (const pick of picks) {
        state = decoded(world, codeOf(world, state, NOW));
        const choices = choicesOf(world, state, NOW);
        for (const choice of choices) {
          let next = follow(state, choice, { now: NOW, step });
          const keys = forgettable(state, choice.due);
          if (choice.moves.some(({ type }) => type === "tick")) {
            for (const key of keys) {
              const due = { ...nothing, forgotten: new Set([key]) };
              next = follow(next, { moves: [{ type: "tick" }], due }, { now: NOW, step });
            }
            if (keys.size > (choice.due?.forgotten.size ?? 0)) together += 1;
          }
          const old = follow(aged(state, NOW), choice, { now: NOW, step });
          expect(codeOf(world, old, NOW)).toBe(codeOf(world, next, NOW));
        }
        // Not back to a state without news too often.
        const kept = choices.filter(({ restart, due }) => !restart && !due?.forgotten.size);
        const choice = kept[pick % kept.length];
        if (choice) state = follow(state, choice, { now: NOW, step });
      }
    });
    fc.assert(property, { seed: SEED, numRuns: RUNS });
    console.log(`arbiter, forgetting in ${name}: seed ${SEED} (MTUI_SEED), ${together} ticks that do more`);
  },
);

test("old news of any sort can be forgotten at the moment at which all states stand", () => {
  for (const { name, scenario } of forgetting) {
    const world = worldOf(scenario);
    // One host, in trouble of either sort, due.
    for (const news of [1 | (1 << 4), 2 | (1 << 4), 2 << 5]) {
      const code = new Uint8Array(codeLength(world));
      code[1] = news;
      const state = aged(decode(world, code), NOW);
      const after = follow(state, { moves: [{ type: "tick" }] }, { now: NOW, step });
      expect(after.hosts.size, name).toBe(0);
    }
  }
});

const timed = scenarios.filter(({ scenario }) => !scenario.lateAlarm && !scenario.patience);

test.each(timed)(
  "what a real clock can bring is among what is explored: $name",
  { timeout: 600_000 },
  ({ name, scenario }) => {
    const world = worldOf(scenario);
    let compared = 0;
    const property = fc.property(walk, ({ picks, delays }) => {
      let state = initialState(world.config);
      let now = NOW + 5;
      picks.forEach((pick, index) => {
        const code = codeOf(world, state, now);
        const choices = choicesOf(world, state, now).filter(({ due }) => !due);
        const choice: Choice | undefined = choices[pick % choices.length];
        const next = now + (delays[index % delays.length] ?? 1);
        const rings = state.wakeAt <= next || !choice;
        now = rings ? Math.max(now + 1, Math.min(state.wakeAt, next)) : next;
        const explored = new Set(successors(world, decoded(world, code), NOW));
        // An alarm that rings early changes nothing.
        if (rings) explored.add(code);
        state = follow(state, rings ? { moves: [{ type: "tick" }] } : choice, { now, step });
        expect(explored).toContain(codeOf(world, state, now));
        compared += 1;
      });
    });
    fc.assert(property, { seed: SEED, numRuns: RUNS });
    console.log(`arbiter, real clock in ${name}: seed ${SEED} (MTUI_SEED), ${compared} steps compared`);
  },
);
