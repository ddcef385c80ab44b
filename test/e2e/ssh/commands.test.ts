import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HeldLock, HostConnector, HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import { type Lab, type LabHost, readLock, startLab, waitUntil } from "../../lab/index.ts";
import { connectorFor, openHost, PURPOSE, stdoutOf, withoutLab } from "./support/open.ts";

describe.skipIf(withoutLab)("commands on a real host", () => {
  let lab: Lab;
  let host: LabHost;
  let connector: HostConnector;
  let session: HostSession;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a" }] });
    host = lab.host("a");
    connector = connectorFor(lab);
    session = await openHost(connector, "a");
  });
  afterAll(async () => {
    await session.close();
    await lab[Symbol.asyncDispose]();
  });

  async function locked(): Promise<HeldLock> {
    const taking = await session.takeLock("operation", PURPOSE);
    if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
    return taking.lock;
  }

  /** Resolves when the command has printed something. */
  function started(): { onOutput: () => void; begun: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { onOutput: () => resolve(), begun: promise };
  }

  test("exit status and both streams are exact", async () => {
    const outcome = await session.query("printf 'a\\nb'; printf 'err\\n' >&2; exit 107");
    expect(outcome).toMatchObject({ state: "failed", exit: 107 });
    expect(stdoutOf(outcome)).toBe("a\nb");
    if (outcome.state === "failed") expect(outcome.stderr.head.toString()).toBe("err\n");
  });

  test("what comes last on stderr is not cut off by the end of stdout", async () => {
    // What fits into a pipe is still in it when the command has ended.
    for (let round = 0; round < 10; round += 1) {
      const outcome = await session.query("head -c 60000 /dev/zero >&2");
      expect(outcome.state === "ok" && outcome.stderr.bytes).toBe(60_000);
    }
  });

  test("the status is the command's and not a pipe's last, and nothing leaks into its environment", async () => {
    expect(await session.query("set -o pipefail; false | true")).toMatchObject({ state: "failed", exit: 1 });
    const names = stdoutOf(
      await session.query(
        "set | sed -n 's/^\\(mtui[a-z_]*\\|N\\|rel\\|no\\)[= ].*/\\1/p'; cat; ls -l /proc/self/fd | wc -l",
      ),
    );
    expect(names.trim().split("\n")).toEqual([expect.stringMatching(/^[0-9]$/)]);
  });

  test("words with quotes, line ends and shell characters arrive as they are", async () => {
    const text = `it's "\${HOME}" $(id) \\ \`x\`\n  second ; line & # end`;
    const outcome = await session.query(`printf %s '${text.replaceAll("'", `'\\''`)}'`);
    expect(stdoutOf(outcome)).toBe(text);
  });

  test("a NUL or a command that is too long is refused before it reaches the host", async () => {
    expect(await session.query("echo \0")).toMatchObject({
      state: "notRun",
      error: { kind: "params.invalid" },
    });
    expect(await session.query(`: ${"x".repeat(200_000)}`)).toMatchObject({
      state: "notRun",
      error: { kind: "params.invalid" },
    });
    expect((await session.query(`: ${"x".repeat(100_000)}`)).state).toBe("ok");
  });

  test("bad UTF-8 and bytes that look like our marks pass through", async () => {
    const outcome = await session.query("printf '\\377\\036abc\\036 end 0\\n\\303'");
    expect(outcome.state === "ok" && outcome.stdout.head).toEqual(
      Buffer.from([0xff, 0x1e, 97, 98, 99, 0x1e, 32, 101, 110, 100, 32, 48, 10, 0xc3]),
    );
  });

  test("output beyond the cap keeps head and tail and counts the rest", async () => {
    const outcome = await session.query("seq 1 200000", { limits: { capture: 2000 } });
    if (outcome.state !== "ok") throw new Error(outcome.state);
    expect(outcome.stdout.head.toString()).toMatch(/^1\n2\n/);
    expect(outcome.stdout.tail.toString()).toMatch(/200000\n$/);
    expect(outcome.stdout).toMatchObject({ bytes: 1_288_895, dropped: 1_286_895 });
  });

  test("a service that the command leaves behind, streams open, neither holds the result nor the fence", async () => {
    const outcome = await session.change("sleep 1000 & echo started", await locked(), { release: true });
    expect(outcome).toMatchObject({ state: "ok", lockReleased: true });
    expect(await session.change("true", await locked(), { release: true })).toMatchObject({ state: "ok" });
    await host.must("pkill -x sleep");
  });

  test("thirty at once on one connection, none refused, and all channels are given back", async () => {
    const many = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => await session.query(`echo ${i}`)),
    );
    expect(many.map((each) => stdoutOf(each))).toEqual(Array.from({ length: 30 }, (_, i) => `${i}\n`));
    const shells = await waitUntil(
      async () => {
        const count = Number(await host.must("ps -eo args= | grep -c '^/bin/sh$\\|^sh$' || :"));
        return count <= 2 ? { count } : null;
      },
      { for: "all shells but control and warm to be gone" },
    );
    expect(shells.count).toBeGreaterThan(0);
  });

  test("silence ends a command and proves it gone; output within the limit keeps it alive", async () => {
    const quiet = await session.query("echo here; exec sleep 987", { limits: { silence: 1, grace: 5 } });
    expect(quiet).toMatchObject({ state: "timeout", limit: "silence", seconds: 1, gone: true });
    expect(stdoutOf(quiet)).toBe("here\n");
    expect((await host.exec("pgrep -f 'sleep 987'")).stdout).toBe("");
    const chatty = await session.query("for i in 1 2 3 4 5; do echo $i; sleep 0.4; done", {
      limits: { silence: 1.2 },
    });
    expect(chatty.state).toBe("ok");
  });

  test("trickling output does not outlive the limit in all", async () => {
    const outcome = await session.query("while :; do echo x; sleep 0.1; done", {
      limits: { total: 1, silence: 30, grace: 2 },
    });
    expect(outcome).toMatchObject({ state: "timeout", limit: "total", gone: true });
  });

  test("cancel: TERM, then KILL for what ignores it, and the whole group is gone", async () => {
    const stop = new AbortController();
    const { onOutput, begun } = started();
    const running = session.query(
      "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 765; done' & echo up; wait; wait",
      {
        signal: stop.signal,
        onOutput,
        limits: { grace: 0.3 },
      },
    );
    await begun;
    stop.abort();
    expect(await running).toMatchObject({ state: "cancelled", gone: true });
    expect((await host.exec("pgrep -f 'sleep 765'")).stdout).toBe("");
  });

  test("a command that ends cleanly on TERM still releases its lock in the same round trip", async () => {
    const lock = await locked();
    const stop = new AbortController();
    const { onOutput, begun } = started();
    const running = session.change(
      "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.1; done",
      lock,
      { signal: stop.signal, onOutput, release: true },
    );
    await begun;
    stop.abort();
    const outcome = await running;
    expect(outcome).toMatchObject({ state: "cancelled", gone: true, lockReleased: true });
    expect(stdoutOf(outcome)).toBe("up\nbye\n");
    expect(await readLock(host)).toBeNull();
  });

  test("cancelled before it began: nothing ran", async () => {
    const outcome = await session.query("touch /root/never", { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ state: "notRun", error: { kind: "request.cancelled" } });
    expect(await host.readFile("/root/never")).toBeNull();
  });

  test("while a changing command runs the fence keeps a second one out, whoever has the lock by then", async () => {
    const lock = await locked();
    const stop = new AbortController();
    const { onOutput, begun } = started();
    const running = session.change("echo up; exec sleep 300", lock, {
      signal: stop.signal,
      onOutput,
      limits: { grace: 2 },
    });
    await begun;
    // Not even by force of ours; other mtuis do not look at the fence.
    expect(await session.breakLock("operation", lock.bytes)).toMatchObject({ state: "error" });
    await host.must("rm /var/lock/mtui.lock");
    await using other = await openHost(connectorFor(lab, { daemonId: "d2" }), "a");
    const theirs = await other.takeLock("operation", PURPOSE);
    if (theirs.state !== "taken") throw new Error(JSON.stringify(theirs));
    expect(await other.change("touch /root/twice", theirs.lock)).toMatchObject({
      state: "notRun",
      error: { kind: "host.busy", retryable: true },
    });
    expect(await host.readFile("/root/twice")).toBeNull();
    stop.abort();
    await running;
    expect(await session.releaseLock(lock)).toMatchObject({ state: "foreign" });
    expect(await other.change("true", theirs.lock, { release: true })).toMatchObject({
      state: "ok",
      lockReleased: true,
    });
    expect(await session.releaseLock(lock)).toEqual({ state: "absent" });
  });

  test("closing ends what runs, cleanly", async () => {
    const mine = await openHost(connector, "a");
    const { onOutput, begun } = started();
    const running = mine.query("echo up; exec sleep 543", { onOutput });
    await begun;
    await mine.close();
    expect(await running).toMatchObject({ state: "cancelled", gone: true });
    expect((await host.exec("pgrep -f 'sleep 543'")).stdout).toBe("");
    expect(await mine.query("true")).toMatchObject({ state: "unreachable", error: { kind: "host.lost" } });
  });

  test("history is appended to, one line an event, control characters made harmless", async () => {
    await host.must("printf '1:bob:update:x\\n' > /var/log/mtui.log");
    const lines = Array.from({ length: 8 }, (_, i) => `pkg${i}`);
    const written = await Promise.all(
      lines.map(async (each) => await session.appendHistory(["install", `${each}\n2:eve:forged`])),
    );
    expect(written).not.toContain(false);
    const log = (await host.readFile("/var/log/mtui.log")) ?? "";
    expect(log.split("\n")).toHaveLength(10);
    expect(log).toMatch(/^1:bob:update:x\n[0-9]+:alice:install:pkg[0-9] 2:eve:forged\n/);
  });

  test("facts come from the product files", async () => {
    expect(session.facts).toMatchObject({
      base: { name: "SLES", version: "15-SP6", arch: "x86_64" },
      addons: [{ name: "sle-module-basesystem" }],
      system: "sles-modules-15-SP6-x86_64",
      release: "15",
      dangling: false,
      transactional: false,
    });
    await host.must("echo '<product><name>broken' > /etc/products.d/zz.prod");
    expect((await session.refreshFacts()).addons).toHaveLength(1);
    await host.must("rm /etc/products.d/zz.prod");
  });
});
