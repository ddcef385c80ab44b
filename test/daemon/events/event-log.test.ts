import { describe, expect, test } from "vitest";
import { EventLog } from "../../../packages/daemon/src/events/index.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

function logOf(limits: { events?: number; bytes?: number; outputBytes?: number } = {}) {
  const clock = new VirtualClock();
  return { clock, log: new EventLog({ clock, limits }) };
}

describe("the event log", () => {
  test("a reader resumes where it was and misses nothing", () => {
    const { log } = logOf();
    log.append({ type: "a", job: "run-1" });
    const first = log.read(0);
    log.append({ type: "b", job: "run-1" });
    log.append({ type: "c", job: "run-2" });
    expect(first.events.map((event) => event.type)).toEqual(["a"]);
    const second = log.read(first.cursor, { jobs: new Set(["run-1"]) });
    expect(second.events.map((event) => event.type)).toEqual(["b"]);
    expect(second.gap).toBe(false);
    expect(log.read(second.cursor).events).toEqual([]);
  });

  test("a reader that fell behind is told, one whose job lost nothing is not", () => {
    const { log } = logOf({ events: 16 });
    log.append({ type: "old", job: "run-1" });
    for (let index = 0; index < 40; index++) log.append({ type: "noise", job: "run-2" });
    expect(log.read(0, { jobs: new Set(["run-1"]) })).toMatchObject({ events: [], gap: true });
    log.append({ type: "fresh", job: "run-3" });
    expect(log.read(0, { jobs: new Set(["run-3"]) })).toMatchObject({ gap: false });
  });

  test("its bytes are bounded, not only its events", () => {
    const { log } = logOf({ events: 1000, bytes: 10_000 });
    for (let index = 0; index < 100; index++)
      log.append({ type: "job.note", job: "run-1", text: "x".repeat(1000) });
    const { events, gap } = log.read(0, { jobs: new Set(["run-1"]) });
    expect(events.length).toBeLessThanOrEqual(10);
    expect(events.length).toBeGreaterThan(0);
    expect(gap).toBe(true);
  });

  test("output drives out no state, and is missed only by those who want it", () => {
    const { log } = logOf({ outputBytes: 10_000 });
    log.append({ type: "claim.granted" });
    log.append({ type: "job.state", job: "run-1" });
    for (let index = 0; index < 100; index++)
      log.append({ type: "job.output", job: "run-1", text: "x".repeat(1000) });
    const jobs = new Set(["run-1"]);
    const all = log.read(0, { jobs });
    expect(all.events.map(({ type }) => type).slice(0, 2)).toEqual(["job.state", "job.output"]);
    expect(all.events.length).toBeLessThanOrEqual(11);
    expect(all.gap).toBe(true);
    expect(log.read(0, { jobs, output: false })).toMatchObject({ events: [{ seq: 2 }], gap: false });
    expect(log.read(0, { output: false }).events.map(({ seq }) => seq)).toEqual([1, 2]);
    // Whoever keeps up misses nothing, whatever was dropped behind him.
    expect(log.read(all.events.at(-1)?.seq ?? 0, { jobs }).gap).toBe(false);
  });

  test("waiting ends with the event, at the limit, or on abort", async () => {
    const { clock, log } = logOf();
    const woken = log.wait(0, { timeoutMs: 1000, jobs: new Set(["run-1"]) });
    log.append({ type: "other", job: "run-2" });
    await settle();
    log.append({ type: "mine", job: "run-1" });
    expect((await woken).events.map((event) => event.type)).toEqual(["mine"]);

    const late = log.wait(log.read(0).cursor, { timeoutMs: 1000 });
    await clock.advance(1000);
    expect((await late).events).toEqual([]);

    const abort = new AbortController();
    const aborted = log.wait(log.read(0).cursor, { timeoutMs: 1000, signal: abort.signal });
    abort.abort();
    expect((await aborted).events).toEqual([]);
    await settle();
    expect(clock.pending).toBe(0);
  });

  test("output can be left out", () => {
    const { log } = logOf();
    log.append({ type: "job.output", job: "run-1", text: "noise" });
    log.append({ type: "job.step", job: "run-1", text: "update" });
    expect(log.read(0, { output: false }).events.map((event) => event.type)).toEqual(["job.step"]);
  });

  test("remembers nothing for ever of jobs that nobody can ask for any more", () => {
    const { log } = logOf({ events: 16 });
    for (let index = 0; index < 200; index++) {
      log.append({ type: "job.state", job: `run-${index}` });
      log.forget(`run-${index}`);
    }
    expect(log.remembered).toBeLessThanOrEqual(32);
  });
});

test("a cursor of a former life gives what there is, and says that something is missing", () => {
  const log = new EventLog({ clock: new VirtualClock() });
  log.append({ type: "claim.granted" });
  expect(log.read(900)).toMatchObject({ events: [{ seq: 1 }], cursor: 2, gap: true });
  expect(log.read(2)).toMatchObject({ events: [], cursor: 2, gap: false });
});

test("the latest of a kind, in their order, and where to read on", () => {
  const log = new EventLog({ clock: new VirtualClock(), limits: { events: 8 } });
  for (let count = 0; count < 12; count++) log.append({ type: "claim.granted", host: `h${count}` });
  log.append({ type: "ticket.queued" });
  const page = log.latest(2, { types: ["claim.*"] });
  expect(page.events.map(({ host }) => host)).toEqual(["h10", "h11"]);
  expect(page).toMatchObject({ cursor: 14, gap: false });
  expect(log.latest(0)).toMatchObject({ events: [], cursor: 14 });
});
