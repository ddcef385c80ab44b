import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HeldLock, HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import { foreignLock, type Lab, type LabHost, readLock, startLab, waitUntil } from "../../lab/index.ts";
import { connectorFor, openHost, PURPOSE, stdoutOf, withoutLab } from "./support/open.ts";

describe.skipIf(withoutLab)("links that break and hosts that reboot", () => {
  let lab: Lab;
  let host: LabHost;
  let session: HostSession;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a" }] });
    host = lab.host("a");
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());
  beforeEach(async () => {
    await host.wire({});
    await host.must("rm -f /var/lock/mtui.lock /var/lock/mtui-pool.lock");
    session = await openHost(connectorFor(lab), "a");
    return async () => await session.close();
  });

  async function operationLock(): Promise<HeldLock> {
    const taking = await session.takeLock("operation", PURPOSE);
    if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
    return taking.lock;
  }

  function running(command: string): { outcome: ReturnType<HostSession["query"]>; begun: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { outcome: session.query(command, { onOutput: () => resolve() }), begun: promise };
  }

  test("a connection that is cut under a command: lost, with what had come; the next one reconnects", async () => {
    const { outcome, begun } = running("echo before; sleep 300");
    await begun;
    await host.cut();
    const lost = await outcome;
    expect(lost).toMatchObject({ state: "lost", error: { kind: "host.lost" } });
    expect(stdoutOf(lost)).toBe("before\n");
    expect(session.connected).toBe(false);
    expect(stdoutOf(await session.query("echo again"))).toBe("again\n");
    expect(session.connected).toBe(true);
  });

  test("a shell that is killed under a command is lost too, never ok", async () => {
    const { outcome, begun } = running("echo up; kill -KILL $PPID; sleep 1");
    await begun;
    expect(await outcome).toMatchObject({ state: "lost" });
  });

  test("sshd dies under a change: it goes on; the host is unreachable, and says so; the change is heard to its end", async () => {
    const lock = await operationLock();
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const change = session.change("echo up; sleep 301; exit 3", lock, {
      onOutput: () => resolve(),
      release: true,
    });
    await begun;
    await host.killSshd();
    await host.wire({ refuse: true });
    expect(await session.query("true")).toMatchObject({
      state: "unreachable",
      error: { kind: "host.unreachable" },
    });
    expect(await session.releaseLock(lock)).toMatchObject({ state: "error" });
    expect(await session.readLock("operation")).toMatchObject({ state: "unreadable" });
    await host.startSshd();
    await host.wire({});
    expect(await session.releaseLock(lock)).toMatchObject({
      state: "error",
      reason: expect.stringContaining("still at work"),
    });
    await host.must("pkill -x sleep");
    expect(await change).toMatchObject({ state: "failed", exit: 3, lockReleased: true });
    expect(await readLock(host)).toBeNull();
  });

  test.each([
    ["refuses", { refuse: true }],
    ["accepts and never answers", { swallow: true }],
  ])("a host that %s is unreachable within the limit, and names what to try", async (_name, fault) => {
    await host.wire(fault);
    const connector = connectorFor(lab, {
      ssh: {
        configFile: lab.files.sshConfig,
        strictHostKeyChecking: "auto_add",
        connectTimeoutSeconds: 1,
        authSock: () => undefined,
      },
    });
    await expect(openHost(connector, "a")).rejects.toMatchObject({
      kind: "host.unreachable",
      hint: expect.stringContaining("ssh "),
    });
    await expect(connector.probe("a")).rejects.toMatchObject({ kind: "host.unreachable" });
  });

  test("connecting can be cancelled", async () => {
    await host.wire({ swallow: true });
    const connector = connectorFor(lab);
    const answer = connector.probe("a", { signal: AbortSignal.timeout(300) });
    await expect(answer).rejects.toMatchObject({ kind: "request.cancelled" });
  });

  test("one who gives up while two wait for the same connection takes it from nobody else", async () => {
    await host.cut();
    await waitUntil(async () => !session.connected, { for: "the loss of the connection" });
    await host.wire({ swallow: true });
    const impatient = new AbortController();
    const first = session.query("echo first", { signal: impatient.signal });
    const second = session.query("echo second");
    await new Promise((resolve) => setImmediate(resolve));
    await host.wire({});
    impatient.abort();
    expect(await first).toMatchObject({ state: "notRun", error: { kind: "request.cancelled" } });
    expect(stdoutOf(await second)).toBe("second\n");
  });

  test("a reboot is proven by the boot id, and the pool lock is put back with the same bytes", async () => {
    const pool = await session.takeLock("pool", PURPOSE);
    if (pool.state !== "taken") throw new Error(pool.state);
    const lock = await operationLock();
    const outcome = await session.reboot({ lock, budgetSeconds: 40 });
    expect(outcome.state).toBe("ok");
    if (outcome.state === "ok") expect(outcome.after).not.toBe(outcome.before);
    expect(await readLock(host, "pool")).toBe(pool.lock.bytes);
    expect(await readLock(host)).toBe(lock.bytes);
    expect(await session.releaseLock(lock)).toEqual({ state: "released" });
    expect(await session.releaseLock(pool.lock)).toEqual({ state: "released" });
  });

  test("a host is not rebooted under somebody else's operation lock", async () => {
    const lock = await operationLock();
    const bytes = await foreignLock(host, { user: "carol" });
    const before = host.boots;
    expect(await session.reboot({ lock, budgetSeconds: 40 })).toMatchObject({
      state: "notRun",
      error: { kind: "lock.lost", message: expect.stringContaining("carol") },
    });
    expect(await session.query("uptime -p || :")).toMatchObject({ state: "ok" });
    expect(host.boots).toBe(before);
    expect(await readLock(host)).toBe(bytes);
    expect(await session.releaseLock(lock)).toMatchObject({ state: "foreign" });
  });

  test("a host that says yes and does not reboot has failed, not rebooted", async () => {
    host.ignoreReboot();
    const lock = await operationLock();
    try {
      expect(await session.reboot({ lock, budgetSeconds: 3 })).toMatchObject({
        state: "failed",
        reason: expect.stringContaining("boot id"),
      });
    } finally {
      host.ignoreReboot(false);
    }
  });

  test("a host that never comes back is lost within the budget of the reboot", async () => {
    host.onReboot("never");
    const lock = await operationLock();
    try {
      expect(await session.reboot({ lock, budgetSeconds: 4 })).toMatchObject({
        state: "lost",
        reason: expect.stringContaining("4 s"),
      });
    } finally {
      host.onReboot("return");
      await host.start();
    }
  });

  test("a pool lock that somebody else took after the wipe is theirs, and the reboot says so", async () => {
    const pool = await session.takeLock("pool", PURPOSE);
    if (pool.state !== "taken") throw new Error(pool.state);
    const lock = await operationLock();
    const rebooting = session.reboot({ lock, budgetSeconds: 40 });
    const before = host.boots;
    await host.waitForBoot(before);
    const bytes = await foreignLock(host, { file: "pool", user: "carol" });
    const outcome = await rebooting;
    // Either we were faster and she overwrote us, or she was: never do both believe in it.
    if (outcome.state === "ok") expect(await session.readLock("pool")).toMatchObject({ state: "foreign" });
    else
      expect(outcome).toMatchObject({
        state: "failed",
        reason: expect.stringContaining("pool lock"),
        error: { kind: "lock.lost", data: { lock: "pool", user: "carol" } },
      });
    const again = await operationLock();
    expect(await session.change("true", again)).toMatchObject({
      state: "notRun",
      error: { kind: "lock.lost", data: { lock: "pool", user: "carol" } },
    });
    expect(await session.releaseLock(again)).toEqual({ state: "released" });
    expect(await readLock(host, "pool")).toBe(bytes);
    expect(await session.releaseLock(pool.lock)).toMatchObject({
      state: "foreign",
      by: { record: { user: "carol" } },
    });
  });
});
