/**
 * The arbiter's time per event with many waiting: `node --conditions=mtui-source bench/arbiter.ts`.
 * 300 hosts, all held; each ticket wants two slots of 20 hosts. A release, the grant that it makes, the
 * attempt's answer and a new request are one event each.
 */
import { performance } from "node:perf_hooks";
import { type ArbiterState, initialState } from "../packages/daemon/src/arbiter/state.ts";
import type { Event } from "../packages/daemon/src/arbiter/events.ts";
import { step } from "../packages/daemon/src/arbiter/step.ts";

const HOSTS = 300;
const POOL = 20;
const ROUNDS = 600;

type Untimed<E> = E extends { at: number } ? Omit<E, "at"> : never;

function measure(waiting: number) {
  let state: ArbiterState = initialState({ pollMs: 15_000, overtakes: 8, idPrefix: "" });
  let now = 0;
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const times: number[] = [];
  const cpuTimes: number[] = [];
  const byType: Record<string, number[]> = {};
  let timed = false;
  const send = (event: Untimed<Event>) => {
    now += 1;
    const from = performance.now();
    const cpuFrom = process.threadCpuUsage();
    const result = step(state, { ...event, at: now });
    const cpu = process.threadCpuUsage(cpuFrom);
    if (timed) {
      times.push(performance.now() - from);
      cpuTimes.push((cpu.user + cpu.system) / 1000);
      byType[event.type] = [...(byType[event.type] ?? []), (cpu.user + cpu.system) / 1000];
    }
    state = result.state;
    return result.effects;
  };
  const pool = (index: number) =>
    Array.from({ length: POOL }, (_, offset) => {
      const key = `host-${(index + offset) % HOSTS}.example.net:22`;
      return { key, name: key };
    });
  const slot = (product: string) => ({ product, version: "15-SP6", arch: "x86_64", addons: [] });
  let asked = 0;
  const ask = (slots: number) => {
    asked += 1;
    return send({
      type: "request",
      request: {
        workspace: `w${asked}`,
        namespace: `n${asked % 50}`,
        rrid: null,
        job: null,
        slots: Array.from({ length: slots }, (_, index) => ({
          slot: slot(`P${index}`),
          candidates: pool(random(HOSTS)),
        })),
        wait: { own: 3_600_000, foreign: 60_000 },
        partial: false,
      },
    });
  };
  const answer = (effects: ReturnType<typeof send>) => {
    for (const effect of effects) {
      if (effect.type !== "attempt") continue;
      answer(
        send({
          type: "attempted",
          ticket: effect.ticket,
          attempt: effect.attempt,
          faults: new Map(),
          jitter: 0.5,
        }),
      );
    }
  };
  while (state.tickets.size < waiting) answer(ask(2));
  for (let round = 0; round < ROUNDS + 200; round++) {
    timed = round >= 200;
    const held = [...state.hosts.values()].filter((host) => host.holder?.hold.state === "claimed");
    const claim = held[random(held.length)]?.holder?.claim ?? "";
    answer(send({ type: "release", claim }));
    while (state.tickets.size < waiting) answer(ask(1 + random(2)));
  }
  return { wall: spread(times), cpu: spread(cpuTimes), byType };
}

function spread(times: number[]): { median: number; p95: number; max: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}

const sizes = [10, 100, 1000, 10_000];
measure(100);
console.log(
  `arbiter: milliseconds per event, ${HOSTS} hosts, slots of ${POOL} hosts; a busy machine shows in the wall time only`,
);
console.log("waiting  cpu median      p95      max  wall median      p95   p95 (cpu) against 10 waiting");
let first = 0;
for (const size of sizes) {
  const { cpu, wall, byType } = measure(size);
  first ||= cpu.p95;
  const cell = (value: number) => value.toFixed(3).padStart(8);
  const cells = `${cell(cpu.median).padStart(11)} ${cell(cpu.p95)} ${cell(cpu.max)} ${cell(wall.median).padStart(12)} ${cell(wall.p95)}`;
  console.log(`${String(size).padStart(7)} ${cells}   ${(cpu.p95 / first).toFixed(1)} x`);
  if (process.argv.includes("--types")) {
    for (const [type, times] of Object.entries(byType))
      console.log(`        ${type}: ${Object.values(spread(times)).map(cell).join(" ")}`);
  }
}
