import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type {
  CommandOutcome,
  ExecOptions,
  HeldLock,
  HostSession,
} from "../../../packages/daemon/src/hosts/index.ts";
import { type Lab, type LabHost, readLock, startLab, waitUntil } from "../../lab/index.ts";
import { connectorFor, openHost, PURPOSE, stdoutOf, withoutLab } from "./support/open.ts";

const START = { stdout: 0, stderr: 0 };
/** 4 MB in pieces, with every byte value, over some seconds. */
const MANY =
  "head -c 4000000 /dev/urandom >/root/data; for i in 0 1 2 3 4 5 6 7 8 9; do tail -c +$((i * 400000 + 1)) /root/data | head -c 400000; echo once >>/root/runs; sleep 0.3; done";

const RUNNERS = process.env["MTUI_LONG"] === "1" ? [true, false] : [true];

describe.skipIf(withoutLab).each(RUNNERS)("commands that outlive what follows them (perl: %s)", (perl) => {
  let lab: Lab;
  let host: LabHost;
  let session: HostSession;
  let lock: HeldLock;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a", perl }] });
    host = lab.host("a");
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());
  beforeEach(async () => {
    await host.wire({});
    await host.must("rm -rf /root/.mtuid /root/runs /root/data; rm -f /var/lock/mtui.lock");
    session = await openHost(connectorFor(lab), "a");
    lock = await locked();
    return async () => await session.close();
  });

  async function locked(): Promise<HeldLock> {
    const taking = await session.takeLock("operation", PURPOSE);
    if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
    return taking.lock;
  }

  /** Collects what is given to followers, and tells when so many bytes of stdout have come. */
  function listener(): Pick<ExecOptions, "onOutput"> & {
    bytes: () => Buffer;
    after: (n: number) => Promise<unknown>;
  } {
    const chunks: Buffer[] = [];
    const bytes = (): Buffer => Buffer.concat(chunks);
    return {
      bytes,
      onOutput: (stream, chunk) => void (stream === "stdout" && chunks.push(Buffer.from(chunk))),
      after: (n) => waitUntil(async () => bytes().length >= n, { for: `${n} bytes` }),
    };
  }

  const sum = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

  async function sumThere(): Promise<string | undefined> {
    return (await host.must("sha256sum /root/data")).split(" ")[0];
  }

  const faults: [string, () => Promise<unknown>][] = [
    ["is cut", () => host.cut()],
    ["loses its sshd", () => host.must("pkill -f '^sshd: root' || pkill -f 'sshd-session: root'")],
    [
      "is frozen until the command has ended",
      async () => {
        await host.wire({ freeze: true });
        await waitUntil(async () => (await host.exec("grep '^end ' /root/.mtuid/d1/*.run")).stdout !== "", {
          for: "the end of the command, of which nobody hears",
        });
        await host.wire({});
      },
    ],
  ];

  test.each(faults)(
    "a link that %s in the middle of the output costs no byte, and nothing runs twice",
    async (_n, fault) => {
      const heard = listener();
      const links: string[] = [];
      const running = session.change(MANY, lock, {
        ...heard,
        onLink: (state) => links.push(state),
        release: true,
      });
      await heard.after(1_000_000);
      await fault();
      expect(await running).toMatchObject({ state: "ok", lockReleased: true, stdout: { bytes: 4_000_000 } });
      expect(sum(heard.bytes())).toBe(await sumThere());
      expect(await host.must("wc -l </root/runs")).toBe("10\n");
      expect(links.length % 2).toBe(0);
      expect(await readLock(host)).toBeNull();
    },
  );

  test("a next life goes on at the byte where the last one was, and gives the lock back", async () => {
    const first = listener();
    const stop = new AbortController();
    const running = session.change(MANY, lock, { ...first, id: "j1.1", release: true, detach: stop.signal });
    await first.after(500_000);
    stop.abort();
    expect(await running).toMatchObject({ state: "lost", error: { kind: "daemon.stopping" } });
    const seen = first.bytes();
    await session.close({ leave: true });
    expect(await readLock(host)).not.toBeNull();
    session = await openHost(connectorFor(lab), "a");
    session.adoptLocks([lock]);
    const second = listener();
    const outcome = await session.follow("j1.1", { ...second, from: { stdout: seen.length, stderr: 0 } });
    expect(outcome).toMatchObject({ state: "ok", lockReleased: true, stdout: { bytes: 4_000_000 } });
    expect(sum(Buffer.concat([seen, second.bytes()]))).toBe(await sumThere());
    expect(session.locks).toEqual([]);
    expect(await host.must("wc -l </root/runs")).toBe("10\n");
  });

  test("followed for a cancelled job, it says how it ended, or is ended; what is not there is absent", async () => {
    const from = START;
    const signal = AbortSignal.abort();
    await session.change("echo one; exit 4", lock, { id: "j4.1" });
    const ended = await session.follow("j4.1", { from, signal });
    expect(ended).toMatchObject({ state: "failed", exit: 4, stdout: { bytes: 4 } });
    expect(await session.follow("j4.2", { from, signal })).toEqual({ state: "absent" });
    const left = new AbortController();
    const heard = listener();
    const running = session.change("echo at work; sleep 600", lock, {
      ...heard,
      id: "j4.3",
      detach: left.signal,
    });
    await heard.after(1);
    left.abort();
    await running;
    expect(await session.follow("j4.3", { from, signal })).toMatchObject({ state: "cancelled", gone: true });
    expect(await host.must("pgrep -fx 'sleep 600' || echo none")).toBe("none\n");
  });

  test("under one id a command runs once, whoever starts it, and what ended can be heard again", async () => {
    const run = (): Promise<CommandOutcome> =>
      session.change("echo one; echo x >>/root/runs; sleep 0.3; exit 4", lock, { id: "j2.1" });
    const both = await Promise.all([run(), run(), run()]);
    for (const each of both) expect([each.state, stdoutOf(each)]).toEqual(["failed", "one\n"]);
    expect(stdoutOf(await run())).toBe("one\n");
    expect(await host.must("cat /root/runs")).toBe("x\n");
    expect(await session.follow("j2.2", { from: START })).toEqual({ state: "absent" });
    session.collect(["j2.1"]);
    await session.releaseLock(lock);
    await session.readLock("operation");
    expect(await session.follow("j2.1", { from: START })).toEqual({ state: "absent" });
  });

  test("what is refused leaves nothing in the home, and a home that takes nothing is said so", async () => {
    const stale = { ...lock, bytes: lock.bytes.replace(/n=\w+/, "n=000000000000000000000000"), nonce: "0" };
    expect(await session.change("touch /root/never", stale)).toMatchObject({ state: "notRun" });
    expect((await host.exec("ls -A /root/.mtuid/d1 2>/dev/null")).stdout).toBe("");
    await host.must("rm -rf /root/.mtuid; ln -s /tmp /root/.mtuid");
    expect(await session.change("touch /root/never", lock)).toMatchObject({
      state: "notRun",
      error: { kind: "lock.io", message: expect.stringContaining(".mtuid") },
    });
    await host.must("rm -f /root/.mtuid; mount -t tmpfs -o size=64k tmpfs /root; mkdir -m 700 /root/.mtuid");
    try {
      await host.must("head -c 100000 /dev/zero >/root/full 2>/dev/null || :");
      expect(await session.change("touch /tmp/never", lock)).toMatchObject({
        state: "notRun",
        error: { kind: "lock.io", message: expect.stringContaining("No space left") },
      });
      await host.must("mount -o remount,ro /root");
      expect(await session.change("touch /tmp/never", lock)).toMatchObject({
        state: "notRun",
        error: { kind: "lock.io", message: expect.stringContaining("Read-only") },
      });
    } finally {
      await host.must("umount -l /root");
    }
    expect(await host.readFile("/root/never")).toBeNull();
    expect(await host.readFile("/tmp/never")).toBeNull();
  });

  test("a runner that was killed and a host that was rebooted are told apart, and neither is an end", async () => {
    const heard = listener();
    const running = session.change("echo up; exec sleep 404", lock, { ...heard, id: "j3.1" });
    await heard.after(1);
    await host.must("kill -KILL $(sed -n 's/^run \\([0-9]*\\) .*/\\1/p' /root/.mtuid/d1/j3.1.run)");
    expect(await running).toMatchObject({
      state: "lost",
      error: { kind: "host.lost", data: { reason: "runner_killed" } },
    });
    await host.must("pkill -x sleep");
    await host.must(
      "sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' /root/.mtuid/d1/j3.1.run",
    );
    expect(await session.follow("j3.1", { from: START })).toMatchObject({
      state: "lost",
      error: { data: { reason: "rebooted" } },
    });
  });

  test("a cancel while the link is down ends the command as soon as the host can be reached", async () => {
    const heard = listener();
    const stop = new AbortController();
    const running = session.change("echo up; exec sleep 505", lock, {
      ...heard,
      signal: stop.signal,
      release: true,
    });
    await heard.after(1);
    await host.wire({ refuse: true });
    await host.cut();
    await waitUntil(async () => !session.connected, { for: "the loss of the link" });
    stop.abort();
    await host.must("pgrep -f 'sleep 505'");
    await host.wire({});
    expect(await running).toMatchObject({ state: "cancelled", gone: true, lockReleased: true });
    expect((await host.exec("pgrep -f 'sleep 505'")).stdout).toBe("");
  });

  test("a link that does not come back within the limit: lost, and the command goes on", async () => {
    const heard = listener();
    const running = session.change("echo up; exec sleep 606", lock, { ...heard, limits: { reconnect: 1 } });
    await heard.after(1);
    await host.wire({ refuse: true });
    await host.cut();
    expect(await running).toMatchObject({ state: "lost", error: { data: { reason: "unreachable" } } });
    await host.must("pkill -x sleep");
  });

  test("a host keeps so much of a stream and counts the rest; what is written to /dev/stderr is in order", async () => {
    await using small = await openHost(connectorFor(lab, { spool: 1_048_576 }), "a");
    small.adoptLocks([lock]);
    const heard = listener();
    const outcome = await small.change(
      `echo a >&2; echo b >/dev/stderr; echo c >&2; head -c 3000000 /dev/zero
i=0; while [ $i -lt 60 ]; do i=$((i + 1)); echo on; sleep 0.1; done`,
      lock,
      // What is only counted is no silence.
      { ...heard, limits: { silence: 3 } },
    );
    expect(outcome).toMatchObject({
      state: "ok",
      stdout: { bytes: 3_000_180 },
      stderr: { bytes: 6, dropped: 0 },
    });
    expect(outcome.state === "ok" && outcome.stderr.head.toString()).toBe("a\nb\nc\n");
    expect(heard.bytes()).toHaveLength(1_048_576);
  });

  test("a flood of one stream does not hold up the other", async () => {
    let [flooded, early] = [0, -1];
    const outcome = await session.change("echo early >&2; head -c 209715200 /dev/zero", lock, {
      onOutput: (stream, chunk) => {
        if (stream === "stdout") flooded += chunk.length;
        else if (early < 0) early = flooded;
      },
    });
    expect(outcome).toMatchObject({ state: "ok", stdout: { bytes: 209_715_200 }, stderr: { bytes: 6 } });
    expect(early).toBeLessThan(32 * 1024 * 1024);
  });

  test("a hundred megabytes are exact", async () => {
    const hash = createHash("sha256");
    const outcome = await session.change("head -c 104857600 /dev/urandom | tee /root/data", lock, {
      onOutput: (_stream, chunk) => void hash.update(chunk),
    });
    expect(outcome).toMatchObject({ state: "ok", stdout: { bytes: 104_857_600 } });
    expect(hash.digest("hex")).toBe(await sumThere());
  });

  test("nothing is left on the host after commands and a close", async () => {
    await session.change("echo a; sleep 0.1", lock);
    await session.change("sleep 707 & echo b", lock, { release: true });
    await session.close();
    expect((await host.exec("ls -A /root/.mtuid")).stdout).toBe("");
    expect((await host.exec('pgrep -x "tee|mtui-runner.*"')).stdout).toBe("");
    await host.must("pkill -x sleep");
  });
});
