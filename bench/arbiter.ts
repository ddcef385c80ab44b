/**
 * The arbiter's time per event with many waiting: `node --conditions=mtui-source bench/arbiter.ts [--types]`.
 * Ends with 1 when it takes longer than promised.
 * 300 hosts, nearly all held; each ticket wants one or two slots of 20 hosts. A release (with the grants
 * that it makes), an attempt's answer and a new request are one event each.
 */
import { availableParallelism, loadavg } from "node:os";
import { performance } from "node:perf_hooks";
import type { Event } from "../packages/daemon/src/arbiter/events.ts";
import { type ArbiterState, initialState } from "../packages/daemon/src/arbiter/state.ts";
import { step } from "../packages/daemon/src/arbiter/step.ts";

const HOSTS = 300;
const POOL = 20;
const ROUNDS = 300;
const WARM_UP = 100;
const RUNS = 3;
/** The promise: so many milliseconds at most for 95 of 100 events, with so many waiting. */
const LIMIT = { waiting: 1000, p95: 2 };

type Untimed<E> = E extends { at: number } ? Omit<E, "at"> : never;

interface Timed {
  type: string;
  ms: number;
}

function measure(waiting: number): Timed[] {
  let state: ArbiterState = initialState({ pollMs: 15_000, overtakes: 8 });
  let now = 0;
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const times: Timed[] = [];
  let timed = false;
  const send = (event: Untimed<Event>) => {
    now += 1;
    const from = performance.now();
    const result = step(state, { ...event, at: now });
    if (timed) times.push({ type: event.type, ms: performance.now() - from });
    state = result.state;
    return result.effects;
  };
  const pool = (first: number) =>
    Array.from({ length: POOL }, (_, offset) => {
      const key = `host-${(first + offset) % HOSTS}.example.net:22`;
      return { key, name: key };
    });
  const slot = (product: string) => ({ product, version: "15-SP6", arch: "x86_64", addons: [] });
  let asked = 0;
  const ask = (slots: number) => {
    asked += 1;
    const list = Array.from({ length: slots }, (_, index) => ({
      slot: slot(`P${index}`),
      candidates: pool(random(HOSTS)),
    }));
    const wait = { own: 3_600_000, foreign: 60_000 };
    const names = { workspace: `w${asked}`, namespace: `n${asked % 50}`, rrid: null, job: null };
    return send({ type: "request", request: { ...names, slots: list, wait, partial: false } });
  };
  const answer = (effects: ReturnType<typeof send>) => {
    for (const effect of effects) {
      if (effect.type !== "attempt") continue;
      const { ticket, attempt } = effect;
      answer(send({ type: "attempted", ticket, attempt, faults: new Map(), jitter: 0.5 }));
    }
  };
  while (state.tickets.size < waiting) answer(ask(2));
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    timed = round >= WARM_UP;
    const held = [...state.hosts.values()].filter((host) => host.holder?.hold.state === "claimed");
    answer(send({ type: "release", claim: held[random(held.length)]?.holder?.claim ?? "" }));
    while (state.tickets.size < waiting) answer(ask(1 + random(2)));
  }
  return times;
}

interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

function spread(timed: readonly Timed[]): Spread {
  const sorted = timed.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}

const cell = (value: number) => value.toFixed(3).padStart(9);

/** How one number of waiting tickets was measured; milliseconds. */
interface Measured {
  /** Of each event its best run: what else the machine does falls out. Shown, never judged. */
  readonly best: readonly Timed[];
  readonly all: Spread;
  /** Of each run by itself, in order of size. */
  readonly runs: readonly number[];
}

function measured(size: number): Measured {
  const runs = Array.from({ length: RUNS }, () => measure(size));
  const best = (runs[0] ?? []).map(({ type }, index) => ({
    type,
    ms: Math.min(...runs.map((run) => run[index]?.ms ?? 0)),
  }));
  return {
    best,
    all: spread(runs.flat()),
    runs: runs.map((run) => spread(run).p95).toSorted((a, b) => a - b),
  };
}

/**
 * What is promised is what is seen: the p95 of all events of all runs, collections of garbage included. Where that is
 * too long, the run in the middle decides: something else may have had the machine in one of them. The text says which
 * it was, and how busy the machine is.
 */
function judged({ all, runs }: Measured): { text: string; over: boolean } {
  const seen = `p95 as seen with ${LIMIT.waiting} waiting: ${ms(all.p95)}`;
  if (all.p95 <= LIMIT.p95) return { text: `${seen}, within the limit of ${LIMIT.p95} ms`, over: false };
  const middle = runs[Math.floor(runs.length / 2)] ?? Number.POSITIVE_INFINITY;
  const over = middle > LIMIT.p95;
  const lines = [
    `${seen}, OVER the limit of ${LIMIT.p95} ms`,
    `  of each run: ${runs.map(ms).join(", ")}; the one in the middle decides: ${over ? "OVER" : "within the limit"}`,
    `  load average ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism()} cores; what is seen on a busy machine says little`,
  ];
  return { text: lines.join("\n"), over };
}

const ms = (value: number): string => `${value.toFixed(3)} ms`;

/** @returns the table, and whether an event takes longer than promised */
export function arbiter({ types = false }: { types?: boolean } = {}): { text: string; over: boolean } {
  measure(100);
  const lines = [
    `arbiter: milliseconds per event, ${HOSTS} hosts, slots of ${POOL} hosts, ${RUNS} runs of the same events`,
    '"best": of each event its best run, so that what else the machine does falls out; "all": as seen',
    "           best              all",
    "waiting   median       p95   median       p95       max   best p95 against 10 waiting",
  ];
  let first = 0;
  let verdict = { text: "", over: true };
  for (const size of [10, 100, LIMIT.waiting, 10_000]) {
    const one = measured(size);
    const { best, all } = one;
    const quiet = spread(best);
    first ||= quiet.p95;
    if (size === LIMIT.waiting) verdict = judged(one);
    const cells = [quiet.median, quiet.p95, all.median, all.p95, all.max].map(cell);
    lines.push(`${String(size).padStart(7)}${cells.join(" ")}   ${(quiet.p95 / first).toFixed(1)} x`);
    if (types) lines.push(...byType(best));
  }
  return { text: [...lines, verdict.text].join("\n"), over: verdict.over };
}

function byType(best: readonly Timed[]): string[] {
  return [...new Set(best.map(({ type }) => type))].map((type) => {
    const { median, p95 } = spread(best.filter((timed) => timed.type === type));
    return `  ${type.padEnd(12)} median ${median.toFixed(3)}, p95 ${p95.toFixed(3)}`;
  });
}

if (import.meta.main) {
  const { text, over } = arbiter({ types: process.argv.includes("--types") });
  console.log(text);
  process.exitCode = over ? 1 : 0;
}
