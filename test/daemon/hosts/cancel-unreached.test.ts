import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFailed, test, vi } from "vitest";
import type { CommandOutcome, HeldLock, HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import { isNotEnded } from "../../../packages/daemon/src/hosts/outcome.ts";
import { LocalWire, lockOf } from "../support/local-wire.ts";

afterEach(() => void vi.useRealTimers());

/** A command that runs until it is ended, and says its process group first. */
const FOREVER = 'echo "$$"; while :; do sleep 0.05; done';

interface Begun {
  session: HostSession;
  lock: HeldLock;
  running: Promise<CommandOutcome>;
  cancel: () => void;
  alive: () => boolean;
}

async function begin(
  wire: LocalWire,
  session: HostSession,
  { release = true, command = FOREVER }: { release?: boolean; command?: string } = {},
): Promise<Begun> {
  const lock = await lockOf(session);
  const stop = new AbortController();
  const group = Promise.withResolvers<number>();
  let said = "";
  const running = session.change(command, lock, {
    id: "j1.1",
    release,
    signal: stop.signal,
    onOutput: (_stream, chunk) => {
      said += chunk.toString();
      if (said.endsWith("\n")) group.resolve(Number(said));
    },
  });
  const leader = await group.promise;
  onTestFailed(() => void (alive() && process.kill(-leader, "SIGKILL")));
  // The follower has seen it at work.
  await vi.waitFor(() => expect(wire.read(".mtuid/d1/j1.1.run")).toContain(`go ${leader}`));
  const alive = (): boolean => {
    try {
      return process.kill(-leader, 0);
    } catch {
      return false;
    }
  };
  return { session, lock, running, cancel: () => stop.abort(), alive };
}

/** Ten seconds, of which nothing is waited for. */
async function patienceIsOver(): Promise<void> {
  await vi.advanceTimersByTimeAsync(10_000);
}

function fakeTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
}

describe("a cancel of a command whose host is away", () => {
  test.each(["no", "never"] as const)(
    "answers after ten seconds: it may still run (new connections: %s)",
    async (answers) => {
      await using wire = new LocalWire();
      const { session, running, cancel, alive, lock } = await begin(wire, await wire.open());
      wire.answers = answers;
      wire.cut();
      fakeTime();
      cancel();
      await patienceIsOver();
      const outcome = await running;
      expect(outcome).toMatchObject({ state: "lost", error: { kind: "host.lost" } });
      expect("error" in outcome && isNotEnded(outcome.error)).toBe(true);
      vi.useRealTimers();
      expect(alive()).toBe(true);
      expect(wire.operationLock).toBe(lock.bytes);
      expect(session.locks).toHaveLength(1);

      // Seen again: the same session ends it, by itself, and its runner gives the lock back.
      session.collect(["j1.1"]);
      wire.answers = "yes";
      wire.cut();
      await vi.waitFor(() => expect(alive()).toBe(false), { timeout: 20_000 });
      await vi.waitFor(() => expect(wire.operationLock).toBeNull());
      await vi.waitFor(async () => {
        await session.readLock("operation");
        expect(wire.left).toEqual([]);
      });
      await session.close();
    },
  );

  test("that comes back in time ends it with proof", async () => {
    await using wire = new LocalWire();
    const { session, running, cancel, alive } = await begin(wire, await wire.open());
    wire.answers = "no";
    wire.cut();
    cancel();
    wire.answers = "yes";
    expect(await running).toMatchObject({ state: "cancelled", gone: true, lockReleased: true });
    expect(alive()).toBe(false);
    await session.close();
  });

  test("is over before the same session gives its lock back and takes another", async () => {
    await using wire = new LocalWire();
    const slow = { release: false, command: `trap 'sleep 0.3; exit' TERM; ${FOREVER}` };
    const { session, running, cancel, alive, lock } = await begin(wire, await wire.open(), slow);
    wire.answers = "no";
    wire.cut();
    fakeTime();
    cancel();
    await patienceIsOver();
    expect(await running).toMatchObject({ state: "lost" });
    vi.useRealTimers();
    wire.answers = "yes";
    // Somebody else needed the link first.
    await session.readLock("pool");
    expect(session.connected).toBe(true);
    expect(alive()).toBe(true);
    expect(await session.releaseLock(lock)).toEqual({ state: "released" });
    expect(alive()).toBe(false);
    await lockOf(session);
    await session.close();
  });

  test("is done by the next session, before that one begins", async () => {
    await using wire = new LocalWire();
    const connector = wire.connector();
    const { session, running, cancel, alive, lock } = await begin(wire, await wire.open(connector));
    wire.answers = "no";
    wire.cut();
    fakeTime();
    cancel();
    await patienceIsOver();
    expect(await running).toMatchObject({ state: "lost" });
    vi.useRealTimers();
    await session.close();
    expect(alive()).toBe(true);

    wire.answers = "yes";
    await using next = await wire.open(connector);
    expect(alive()).toBe(false);
    next.adoptLocks([lock]);
    expect(await next.releaseLock(lock)).toEqual({ state: "absent" });
  });

  test("whoever gives up waiting for that gets no session, at once; the one after it still ends the command", async () => {
    await using wire = new LocalWire();
    const connector = wire.connector();
    const slow = { command: `trap 'until [ -e go ]; do sleep 0.05; done; exit' TERM; ${FOREVER}` };
    const { session, running, cancel, alive } = await begin(wire, await wire.open(connector), slow);
    wire.answers = "no";
    wire.cut();
    fakeTime();
    cancel();
    await patienceIsOver();
    expect(await running).toMatchObject({ state: "lost" });
    vi.useRealTimers();
    await session.close();

    wire.answers = "yes";
    const stop = new AbortController();
    wire.onScript = (script) => void (script.includes("j1.1") && stop.abort());
    await expect(wire.open(connector, { signal: stop.signal })).rejects.toMatchObject({
      kind: "request.cancelled",
    });
    expect(alive()).toBe(true);
    wire.onScript = () => undefined;
    writeFileSync(join(wire.home, "go"), "");
    await using _next = await wire.open(connector);
    expect(alive()).toBe(false);
  });

  test("is not done by a daemon that only follows it again: nothing is ended that nobody cancelled", async () => {
    await using wire = new LocalWire();
    const connector = wire.connector();
    const { session, running, alive, cancel } = await begin(wire, await wire.open(connector));
    wire.cut();
    await session.close({ leave: true });
    expect(await running).toMatchObject({ state: "lost", error: { kind: "daemon.stopping" } });
    await using next = await wire.open(connector);
    expect(alive()).toBe(true);
    const stop = new AbortController();
    const again = next.follow("j1.1", { from: { stdout: 0, stderr: 0 }, signal: stop.signal });
    cancel();
    stop.abort();
    expect(await again).toMatchObject({ state: "cancelled", gone: true });
  });
});
