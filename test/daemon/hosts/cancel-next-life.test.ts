import { join } from "node:path";
import { afterEach, describe, expect, onTestFailed, test, vi } from "vitest";
import { dormantSession, type HostConnector } from "../../../packages/daemon/src/hosts/index.ts";
import { isNotEnded } from "../../../packages/daemon/src/hosts/outcome.ts";
import { Journal, unendedRecorder } from "../../../packages/daemon/src/store/index.ts";
import { LocalWire, lockOf } from "../support/local-wire.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

afterEach(() => void vi.useRealTimers());

const DAY = 24 * 3600_000;

function open(path: string): Journal {
  return new Journal(path, { log: () => undefined, now: 0 });
}

/** A command that runs until it is ended, and its process group. */
async function begin(wire: LocalWire, connector: HostConnector) {
  const session = await wire.open(connector);
  const lock = await lockOf(session);
  const stop = new AbortController();
  const group = Promise.withResolvers<number>();
  const running = session.change('echo "$$"; while :; do sleep 0.05; done', lock, {
    id: "run-1.1",
    release: true,
    signal: stop.signal,
    onOutput: (_stream, chunk) => group.resolve(Number(chunk.toString())),
  });
  const leader = await group.promise;
  const alive = (): boolean => {
    try {
      return process.kill(-leader, 0);
    } catch {
      return false;
    }
  };
  onTestFailed(() => void (alive() && process.kill(-leader, "SIGKILL")));
  await vi.waitFor(() => expect(wire.read(".mtuid/d1/run-1.1.run")).toContain(`go ${leader}`));
  return { session, running, alive, cancel: () => stop.abort() };
}

describe("a cancel that could not reach its host", () => {
  test("is done when the next life of the daemon connects it, before that one begins anything there", async () => {
    await using wire = new LocalWire();
    const path = join(wire.home, "state.db");
    const clock = new VirtualClock();
    using journal = open(path);
    const connector = wire.connector({ unended: unendedRecorder(journal, { clock }) });
    const { session, running, alive, cancel } = await begin(wire, connector);
    wire.answers = "no";
    wire.cut();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    cancel();
    await vi.advanceTimersByTimeAsync(10_000);
    const outcome = await running;
    expect("error" in outcome && isNotEnded(outcome.error)).toBe(true);
    vi.useRealTimers();
    await session.close({ leave: true });
    expect(alive()).toBe(true);
    journal[Symbol.dispose]();

    using later = open(path);
    wire.answers = "yes";
    await using next = await wire.open(wire.connector({ unended: unendedRecorder(later, { clock }) }));
    expect(alive()).toBe(false);
    expect(wire.operationLock).toBeNull();
    await vi.waitFor(() => expect(later.unended.all()).toEqual([]));
    await vi.waitFor(async () => {
      await next.readLock("operation");
      expect(wire.left).toEqual([]);
    });
  });

  test("of a host that this life has not connected yet, is done when it does", async () => {
    await using wire = new LocalWire();
    using journal = open(":memory:");
    const { session, running, alive } = await begin(wire, wire.connector());
    await session.close({ leave: true });
    await running;

    const unended = unendedRecorder(journal, { clock: new VirtualClock() });
    const connector = wire.connector({ unended });
    const { claim, facts } = session;
    const endLater = (id: string): void => connector.endLater(claim, id);
    const dormant = dormantSession(claim, { facts, locks: [], endLater });
    const from = { stdout: 0, stderr: 0 };
    expect(await dormant.follow("run-1.1", { from })).toMatchObject({ state: "unreachable" });
    expect(unended.on(claim.hostKey)).toEqual([]);
    const outcome = await dormant.follow("run-1.1", { from, signal: AbortSignal.abort() });
    expect("error" in outcome && isNotEnded(outcome.error)).toBe(true);
    expect(unended.on(claim.hostKey)).toEqual(["run-1.1"]);
    expect(alive()).toBe(true);
    await using _next = await wire.open(connector);
    expect(alive()).toBe(false);
    await vi.waitFor(() => expect(unended.on(claim.hostKey)).toEqual([]));
  });
});

describe("what is written down of such commands", () => {
  test("is bounded in number and in time, and of each host its own", async () => {
    const clock = new VirtualClock();
    using journal = open(":memory:");
    const recorder = unendedRecorder(journal, { clock });
    recorder.save("ant:22", "run-1.1");
    recorder.save("ant:2222", "run-1.1");
    await clock.advance(1);
    recorder.save("ant:22", "run-2.1");
    expect(recorder.on("ant:22")).toEqual(["run-1.1", "run-2.1"]);
    await clock.advance(14 * DAY);
    expect(recorder.on("ant:22")).toEqual(["run-2.1"]);
    journal.write(() => {
      for (let step = 1; step <= 1000; step++)
        journal.unended.put(`bee:22 run-3.${step}`, { at: clock.now() + step });
    });
    await clock.advance(2000);
    recorder.save("bee:22", "run-4.1");
    expect(journal.unended.all()).toHaveLength(1000);
    expect(recorder.on("ant:22")).toEqual([]);
    expect(recorder.on("bee:22")).not.toContain("run-3.1");
    recorder.forget("bee:22", "run-4.1");
    expect(recorder.on("bee:22")).toHaveLength(999);
  });
});
