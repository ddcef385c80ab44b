import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HeldLock, HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import {
  foreignLock,
  hideProgram,
  type Lab,
  type LabHost,
  lockPath,
  readLock,
  readOnlyLocks,
  startLab,
} from "../../lab/index.ts";
import { connectorFor, openHost, PURPOSE, withoutLab } from "./support/open.ts";

describe.skipIf(withoutLab)("locks on a real host", () => {
  let lab: Lab;
  let host: LabHost;
  let ours: HostSession;
  let second: HostSession;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a" }] });
    host = lab.host("a");
    ours = await openHost(connectorFor(lab), "a");
    second = await openHost(connectorFor(lab, { daemonId: "d2" }), "a");
  });
  afterAll(async () => {
    await ours.close();
    await second.close();
    await lab[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await host.must("rm -rf /var/lock/mtui.lock /var/lock/mtui-pool.lock /var/lock/.mtui-*");
  });

  async function taken(session: HostSession, kind: "operation" | "pool" = "operation"): Promise<HeldLock> {
    const taking = await session.takeLock(kind, PURPOSE);
    if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
    return taking.lock;
  }

  test("the file has the bytes of the contract, whole, without a line end", async () => {
    const lock = await taken(ours);
    const bytes = await readLock(host);
    expect(bytes).toBe(lock.bytes);
    expect(bytes).toMatch(
      /^[0-9]{10}:alice\+mtuid:4242:mtui run SUSE:Maintenance:1:2 \[default\] d=d1 n=[0-9a-f]{24}$/,
    );
    expect(await ours.readLock("operation")).toMatchObject({ state: "ours" });
    expect(await second.readLock("operation")).toMatchObject({ state: "foreign", stale: false });
    expect(await ours.readLock("pool")).toEqual({ state: "free" });
  });

  test("the pool lock is another file with its own first words", async () => {
    const lock = await taken(ours, "pool");
    expect(await readLock(host, "pool")).toContain(":mtui pool SUSE:Maintenance:1:2 [default] d=d1 n=");
    expect(await readLock(host)).toBeNull();
    expect(await ours.releaseLock(lock)).toEqual({ state: "released" });
  });

  test("of many racers on a free host exactly one wins, in every round", async () => {
    for (let round = 0; round < 20; round += 1) {
      const racers = [ours, second, ours, second].map(
        async (session) => await session.takeLock("operation", PURPOSE),
      );
      const takings = await Promise.all(racers);
      const winners = takings.flatMap((each) => (each.state === "taken" ? [each.lock] : []));
      expect(winners).toHaveLength(1);
      expect(await readLock(host)).toBe(winners[0]?.bytes);
      const owner = takings[0]?.state === "taken" || takings[2]?.state === "taken" ? ours : second;
      expect(await owner.releaseLock(winners[0] as HeldLock)).toEqual({ state: "released" });
    }
  });

  test("of racers that all reap one stale lock exactly one wins, in every round", async () => {
    for (let round = 0; round < 4; round += 1) {
      await foreignLock(host, { epoch: 1_000_000_000, comment: `round ${round}` });
      const takings = await Promise.all(
        [ours, second, ours, second].map(async (each) => await each.takeLock("operation", PURPOSE)),
      );
      const winners = takings.flatMap((each) => (each.state === "taken" ? [each.lock] : []));
      expect(winners).toHaveLength(1);
      expect(await readLock(host)).toBe(winners[0]?.bytes);
      await host.must("rm -f /var/lock/mtui.lock");
    }
  });

  /** Before the n-th time that somebody asks for the guard, another mtui writes; nothing is left to luck. */
  async function writesBefore(call: number, bytes: string): Promise<{ calls: () => Promise<number> }> {
    const script = [
      "#!/bin/sh",
      "n=$(($(cat /root/calls) + 1)); echo $n > /root/calls",
      `[ $n = ${call} ] && printf %s '${bytes}' > /var/lock/mtui.lock`,
      'exec /usr/bin/flock.real "$@"',
    ].join("\n");
    await host.must("echo 0 > /root/calls; mv /usr/bin/flock /usr/bin/flock.real");
    await host.writeFile("/usr/bin/flock", `${script}\n`);
    await host.must("chmod 755 /usr/bin/flock");
    return { calls: async () => Number(await host.readFile("/root/calls")) };
  }

  test("a stale lock is replaced only at the third step, after two equal looks", async () => {
    await foreignLock(host, { epoch: 1_000_000_000 });
    const guard = await writesBefore(99, "");
    try {
      expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
        state: "taken",
        reaped: { user: "bob" },
      });
      expect(await guard.calls()).toBe(3);
    } finally {
      await host.must("mv -f /usr/bin/flock.real /usr/bin/flock");
    }
  });

  test.each([2, 3])("a stale lock that is renewed before step %i is left alone", async (call) => {
    await foreignLock(host, { epoch: 1_000_000_000 });
    const renewed = `${Math.floor(Date.now() / 1000)}:carol:7`;
    await writesBefore(call, renewed);
    try {
      const taking = await ours.takeLock("operation", PURPOSE);
      expect(taking).toMatchObject({ state: "refused", by: { state: "foreign", record: { user: "carol" } } });
      expect(await readLock(host)).toBe(renewed);
    } finally {
      await host.must("mv -f /usr/bin/flock.real /usr/bin/flock");
    }
  });

  test("stale by the host's clock alone: a lock of the future, and one of a day that is not over, stand", async () => {
    const now = Number(await host.must("date +%s"));
    for (const epoch of [now + 500_000, now - 86_000]) {
      const bytes = await foreignLock(host, { epoch });
      expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
        state: "refused",
        by: { state: "foreign", stale: false },
      });
      expect(await readLock(host)).toBe(bytes);
    }
  });

  test.each([
    ["Python's", "1795326896:alice:13237:testing of SUSE:PI:16.0:5150"],
    ["our user's by another mtui", "1795326896:alice+mtuid:4242"],
    ["the older pool form", "1795326896:alice:1:mtui-mcp pool SUSE:Maintenance:1:2 [default]"],
    ["another daemon's of the same user", "1795326896:alice+mtuid:4242:mtui run - [default] d=dX n=abc"],
  ])("%s lock is foreign, and never taken or released", async (_name, text) => {
    const bytes = text.replace("1795326896", String(Math.floor(Date.now() / 1000)));
    await host.writeFile("/var/lock/mtui.lock", bytes);
    expect(await ours.readLock("operation")).toMatchObject({ state: "foreign", bytes });
    expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
      state: "refused",
      by: { state: "foreign" },
    });
    expect(await ours.releaseLock({ kind: "operation", bytes: `${bytes}x`, nonce: "n" })).toMatchObject({
      state: "foreign",
    });
    expect(await readLock(host)).toBe(bytes);
  });

  test.each([
    ["garbage", Buffer.from("garbage")],
    ["only a line end", Buffer.from("\n")],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0x00, 0xfe, 0x3a])],
    ["larger than a lock may be", Buffer.alloc(100_000, "x")],
  ])("%s = locked by unknown; shown, refused, removed by force", async (_name, bytes) => {
    await host.writeFile("/var/lock/mtui.lock", bytes);
    const reading = await ours.readLock("operation");
    expect(reading.state).toBe("malformed");
    expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
      state: "refused",
      by: { state: "malformed" },
    });
    if (reading.state !== "malformed") return;
    expect(reading.bytes.length).toBeLessThan(5000);
    expect(await ours.breakLock("operation", `${reading.bytes.slice(1)}?`)).toMatchObject({
      state: "foreign",
    });
    expect(await ours.breakLock("operation", reading.bytes)).toEqual({ state: "released" });
    expect(await readLock(host)).toBeNull();
  });

  test("an empty file is free, but only when it is still empty at the second look", async () => {
    await host.must(": > /var/lock/mtui.lock");
    expect(await ours.readLock("operation")).toEqual({ state: "free" });
    const lock = await taken(ours);
    expect(await readLock(host)).toBe(lock.bytes);
    await ours.releaseLock(lock);
    await host.must(": > /var/lock/mtui.lock");
    const bytes = `${Math.floor(Date.now() / 1000)}:between-two-opens:7`;
    await writesBefore(2, bytes);
    try {
      expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({ state: "refused" });
      expect(await readLock(host)).toBe(bytes);
    } finally {
      await host.must("mv -f /usr/bin/flock.real /usr/bin/flock");
    }
  });

  test("what is no plain file is locked for a reason that is said", async () => {
    await host.must("mkdir /var/lock/mtui.lock");
    expect(await ours.readLock("operation")).toMatchObject({ state: "unreadable" });
    expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
      state: "refused",
      by: { state: "unreadable" },
    });
    await host.must(
      "rmdir /var/lock/mtui.lock; echo secret > /root/target; ln -s /root/target /var/lock/mtui.lock",
    );
    expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
      state: "refused",
      by: { state: "unreadable" },
    });
    expect(await host.readFile("/root/target")).toBe("secret\n");
  });

  test("release removes exactly what we wrote: overwritten bytes stay, and the change does not run", async () => {
    const lock = await taken(ours);
    const bytes = await foreignLock(host, { user: "python" });
    expect(await ours.change("touch /root/ran", lock)).toMatchObject({
      state: "notRun",
      error: { kind: "lock.lost" },
    });
    expect(await host.readFile("/root/ran")).toBeNull();
    expect(await ours.releaseLock(lock)).toMatchObject({
      state: "foreign",
      by: { record: { user: "python" } },
    });
    expect(await readLock(host)).toBe(bytes);
  });

  test("a lock of ours with more behind it is not ours any more", async () => {
    const lock = await taken(ours);
    for (const more of ["\n", "x", "\nmore"]) {
      await host.writeFile("/var/lock/mtui.lock", lock.bytes + more);
      expect(await ours.change("true", lock, { release: true })).toMatchObject({
        state: "notRun",
        error: { kind: "lock.lost" },
      });
      expect(await readLock(host)).toBe(lock.bytes + more);
    }
  });

  test("restamping changes the time alone, and the old handle still works", async () => {
    const lock = await taken(ours);
    await host.must("sleep 1.1");
    const again = await ours.restampLock(lock);
    if (again.state !== "taken") throw new Error(JSON.stringify(again));
    expect(again.lock.bytes).not.toBe(lock.bytes);
    expect(again.lock.bytes.replace(/^\d+/, "")).toBe(lock.bytes.replace(/^\d+/, ""));
    expect(await ours.change("true", lock, { release: true })).toMatchObject({
      state: "ok",
      lockReleased: true,
    });
    expect(await ours.restampLock(lock)).toMatchObject({ state: "refused", by: { state: "free" } });
    expect(await readLock(host)).toBeNull();
  });

  test("a lock that is renewed while a command is on its way is not lost, and is released", async () => {
    const lock = await taken(ours);
    const pool = await taken(ours, "pool");
    for (const [kind, { bytes }] of [["operation", lock] as const, ["pool", pool] as const])
      await host.writeFile(lockPath(kind), bytes.replace(/^\d+/, "1999999999"));
    expect(await ours.change("true", lock, { release: true })).toMatchObject({
      state: "ok",
      lockReleased: true,
    });
    expect(await readLock(host)).toBeNull();
    await host.writeFile(lockPath("pool"), pool.bytes);
    expect(await ours.releaseLock(pool)).toEqual({ state: "released" });
  });

  test.each(["x", "17x", " 17", ""])("ours with %j for its time is not what we wrote", async (time) => {
    const lock = await taken(ours);
    await host.writeFile(lockPath("operation"), lock.bytes.replace(/^\d+/, time));
    expect(await ours.change("true", lock)).toMatchObject({ state: "notRun", error: { kind: "lock.lost" } });
    await host.must("rm /var/lock/mtui.lock");
    await ours.releaseLock(lock);
  });

  test("the history tells of nothing under a lock that is not ours any more", async () => {
    const lock = await taken(ours);
    await foreignLock(host, { user: "python" });
    expect(await ours.appendHistory(["update", "lost"])).toBe(false);
    expect(await host.exec("grep lost /var/log/mtui.log")).toMatchObject({ stdout: "" });
    await ours.releaseLock(lock);
  });

  test("a left-over of this daemon is taken over after a crash, a live one is not", async () => {
    const lock = await taken(ours);
    expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
      state: "refused",
      by: { state: "ours" },
    });
    await using reborn = await openHost(connectorFor(lab), "a");
    const over = await reborn.takeLock("operation", PURPOSE);
    expect(over.state).toBe("taken");
    expect(await ours.releaseLock(lock)).toMatchObject({ state: "foreign" });
  });

  test("a directory that refuses writing is an error with its reason, not a lock", async () => {
    await readOnlyLocks(host);
    try {
      const taking = await ours.takeLock("operation", PURPOSE);
      expect(taking).toMatchObject({ state: "error", reason: expect.stringMatching(/read-only/i) });
    } finally {
      await readOnlyLocks(host, false);
    }
  });

  test("a full directory is an error, and leaves nothing behind", async () => {
    await host.must(
      "mount -t tmpfs -o size=4k tmpfs /run/lock; : > /run/lock/mtui.guard; head -c 100000 /dev/zero > /run/lock/filler 2>/dev/null; :",
    );
    try {
      const taking = await ours.takeLock("operation", PURPOSE);
      expect(taking).toMatchObject({ state: "error", reason: expect.stringMatching(/no space/i) });
      expect((await host.must("ls -A /run/lock")).split("\n").filter(Boolean).sort()).toEqual([
        "filler",
        "mtui.guard",
      ]);
    } finally {
      await host.must("umount /run/lock");
    }
  });

  test("a guard that somebody holds bounds the wait", async () => {
    await host.must(
      "flock -o /var/lock/mtui.guard sleep 60 >/dev/null 2>&1 & echo $! > /root/holder; sleep 0.3",
    );
    try {
      expect(await ours.takeLock("operation", PURPOSE)).toMatchObject({
        state: "error",
        reason: expect.stringContaining("busy"),
      });
      expect(await readLock(host)).toBeNull();
    } finally {
      await host.must("kill $(cat /root/holder)");
    }
  });

  test("nothing but guard and fence is left in the directory", async () => {
    const lock = await taken(ours);
    await ours.change("true", lock, { release: true });
    await second.releaseLock(await taken(second));
    await using third = await openHost(connectorFor(lab, { daemonId: "d3" }), "a");
    await third.takeLock("pool", PURPOSE);
    await third.close();
    const files = await host.must("cd /var/lock; ls -A -1 | grep -i mtui");
    expect(files.split("\n").filter(Boolean).sort()).toEqual(["mtui-pool.lock", "mtui.fence", "mtui.guard"]);
  });

  test("a host without flock is not supported, and says what to install", async () => {
    await hideProgram(host, "flock");
    try {
      await expect(openHost(connectorFor(lab), "a")).rejects.toMatchObject({
        kind: "host.unsupported",
        hint: expect.stringContaining("util-linux"),
      });
    } finally {
      await hideProgram(host, "flock", false);
    }
  });

  test("a probe reads both files and the clock, and reaps nothing", async () => {
    const operation = await foreignLock(host, { epoch: 1_000_000_000 });
    await host.must("rm -f /var/lock/mtui.guard /var/lock/mtui.fence");
    const reading = await connectorFor(lab).probe("a");
    expect(reading).toMatchObject({
      operation: { state: "foreign", stale: true },
      pool: { state: "free" },
      supported: true,
    });
    expect(Math.abs(reading.clock - Date.now() / 1000)).toBeLessThan(30);
    expect(await readLock(host)).toBe(operation);
    expect(await host.must("ls -A /var/lock | grep -c mtui")).toBe("1\n");
  });
});
