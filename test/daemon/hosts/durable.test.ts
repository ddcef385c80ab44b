import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { CommandOutcome } from "../../../packages/daemon/src/hosts/index.ts";
import { LocalWire, lockOf } from "../support/local-wire.ts";

afterEach(() => void vi.useRealTimers());

const START = { stdout: 0, stderr: 0 };

function textOf(outcome: CommandOutcome): { stdout: string; stderr: string } | null {
  if (!("stdout" in outcome)) return null;
  const text = ({ head, tail }: { head: Buffer; tail: Buffer }): string =>
    Buffer.concat([head, tail]).toString("utf8");
  return { stdout: text(outcome.stdout), stderr: text(outcome.stderr) };
}

/** As the kernel calls it; null when there is no such process. */
function stateOf(pid: string): string | null {
  try {
    return / \(.*\) (\S) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? null;
  } catch {
    return null;
  }
}

const HOSTS = [
  { shell: "/bin/dash", perl: "" },
  { shell: "/bin/bash", perl: "" },
  { shell: "/bin/dash", perl: "perl" },
  { shell: "/bin/bash", perl: "perl" },
];

describe.each(HOSTS)("a changing command, run by $shell $perl", (host) => {
  test.each<[string, string, object, { stdout: string; stderr: string }]>([
    ["says nothing", "true", { state: "ok", exit: 0 }, { stdout: "", stderr: "" }],
    [
      "speaks on both streams",
      "echo a; echo b >&2; printf c",
      { state: "ok" },
      { stdout: "a\nc", stderr: "b\n" },
    ],
    ["fails", "echo no >&2; exit 7", { state: "failed", exit: 7 }, { stdout: "", stderr: "no\n" }],
    ["ends by a signal", "kill -TERM $$", { state: "failed", exit: 143 }, { stdout: "", stderr: "" }],
    ["is killed", "kill -KILL $$", { state: "failed", exit: 137 }, { stdout: "", stderr: "" }],
    ["reads its input, which is empty", "cat; echo $?", { state: "ok" }, { stdout: "0\n", stderr: "" }],
    [
      "opens its streams anew by their names",
      "echo a; echo b >/dev/stderr; echo c >/dev/stdout; echo d >&2",
      { state: "ok" },
      { stdout: "a\nc\n", stderr: "b\nd\n" },
    ],
    [
      "has every kind of character",
      `printf '%s|' 'a b' "c'd" 'e"f' '\\n' '$HOME' 'ä'; echo "$(printf 1)"`,
      { state: "ok" },
      { stdout: `a b|c'd|e"f|\\n|$HOME|ä|1\n`, stderr: "" },
    ],
    [
      "leaves something behind that holds its streams",
      "until [ -e go ] || [ ! -d locks ]; do sleep 0.05; done & echo done",
      { state: "ok" },
      { stdout: "done\n", stderr: "" },
    ],
  ])("that %s", async (_words, command, expected, text) => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const outcome = await session.change(command, await lockOf(session), { release: true });
    expect(outcome).toMatchObject({ ...expected, lockReleased: true });
    expect(textOf(outcome)).toEqual(text);
    expect(readdirSync(join(wire.home, "locks")).toSorted()).toEqual(["mtui.fence", "mtui.guard"]);
    writeFileSync(join(wire.home, "go"), "");
    await session.close();
    // Nothing is left of it in the home, not even a directory; that goes behind the last answer.
    await vi.waitFor(() => expect(wire.has(".mtuid")).toBe(false));
  });

  test("is started once under one id, whoever starts it, and can be heard again until it is collected", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const lock = await lockOf(session);
    const run = (): Promise<CommandOutcome> =>
      session.change("echo once >>runs; echo one; exit 4", lock, { id: "j1.1" });
    for (const each of await Promise.all([run(), run(), run()])) {
      expect(each).toMatchObject({ state: "failed", exit: 4 });
      expect(textOf(each)).toEqual({ stdout: "one\n", stderr: "" });
    }
    expect(wire.read("runs")).toBe("once\n");
    expect(textOf((await session.follow("j1.1", { from: START })) as CommandOutcome)?.stdout).toBe("one\n");
    const rest = await session.follow("j1.1", { from: { stdout: 1, stderr: 0 } });
    expect(textOf(rest as CommandOutcome)?.stdout).toBe("ne\n");
    session.collect(["j1.1"]);
    // Behind the answer of a step, and so before the one after that; but not while a late start could begin it again.
    await session.readLock("operation");
    await session.readLock("operation");
    expect(await run()).toMatchObject({ state: "failed", exit: 4 });
    expect(wire.read("runs")).toBe("once\n");
    expect(await session.releaseLock(lock)).toEqual({ state: "released" });
    await session.readLock("operation");
    await session.readLock("operation");
    expect(wire.left).toEqual([]);
    expect(await session.follow("j1.1", { from: START })).toEqual({ state: "absent" });
    expect(await run()).toMatchObject({ state: "notRun", error: { kind: "lock.lost" } });
    expect(wire.read("runs")).toBe("once\n");
  });

  test("goes on when its link breaks, and not a byte of it is missing", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const chunks: Buffer[] = [];
    const links: string[] = [];
    const half = Promise.withResolvers<void>();
    const running = session.change(
      "seq 1 20000; until [ -e go ]; do sleep 0.02; done; seq 20001 40000",
      await lockOf(session),
      {
        release: true,
        onLink: (state) => links.push(state),
        onOutput: (_stream, chunk) => {
          chunks.push(Buffer.from(chunk));
          if (chunk.includes("20000\n")) half.resolve();
        },
      },
    );
    await half.promise;
    wire.cut();
    writeFileSync(join(wire.home, "go"), "");
    expect(await running).toMatchObject({ state: "ok", lockReleased: true });
    const all = Array.from({ length: 40_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(Buffer.concat(chunks).toString()).toBe(all);
    expect(links).toEqual(["broken", "again"]);
  });

  test("leads a session of its own: ending its group leaves those who report its end", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const stop = new AbortController();
    const outcome = await session.change(
      "trap 'echo told; exit 3' TERM; echo up; while :; do sleep 0.02; done",
      await lockOf(session),
      {
        release: true,
        signal: stop.signal,
        onOutput: (_stream, chunk) => chunk.includes("up") && stop.abort(),
      },
    );
    expect(outcome).toMatchObject({ state: "cancelled", gone: true, lockReleased: true });
    expect(textOf(outcome)?.stdout).toBe("up\ntold\n");
    expect(wire.operationLock).toBeNull();
  });

  test("is heard to its last byte, although it ended while nobody read and left something that holds its streams", {
    timeout: 30_000,
  }, async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const running = session.change(
      'until [ -e go ] || [ ! -d locks ]; do sleep 0.05; done & echo "$$ $PPID" >pids; kill -STOP $PPID; seq 1 2000',
      await lockOf(session),
    );
    const parent = await vi.waitFor(() => {
      const [, command = "", above = ""] = /^(\d+) (\d+)\n$/.exec(wire.read("pids") ?? "") ?? [];
      expect(stateOf(above)).toBe("T");
      // Gone, if the one above took its status in the very moment in which it was stopped.
      expect(["Z", null]).toContain(stateOf(command));
      return above;
    }, 10_000);
    process.kill(Number(parent), "SIGCONT");
    const outcome = await running;
    writeFileSync(join(wire.home, "go"), "");
    expect(outcome.state).toBe("ok");
    expect(textOf(outcome)?.stdout).toBe(
      Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join(""),
    );
  });

  test("gives no lock back that became somebody else's while it was at work", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const outcome = await session.change("printf 1700000000:bob:7 >locks/mtui.lock", await lockOf(session), {
      release: true,
    });
    expect(outcome).toMatchObject({ state: "ok", lockReleased: false });
    expect(wire.operationLock).toBe("1700000000:bob:7");
  });

  test("can be cancelled while it floods a slow link", { timeout: 30_000 }, async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const lock = await lockOf(session);
    const stop = new AbortController();
    wire.lag = 5;
    const running = session.change('echo "$$" >pid; exec yes', lock, {
      signal: stop.signal,
      onOutput: () => stop.abort(),
    });
    await vi.waitFor(() => {
      expect(wire.read("pid")).toMatch(/^\d+\n$/);
      expect(existsSync(`/proc/${wire.read("pid")?.trim()}`)).toBe(false);
    }, 10_000);
    wire.lag = 0;
    expect(await running).toMatchObject({ state: "cancelled", gone: true });
  });

  test("is not started when the lock is another one by now, and leaves no trace", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const lock = await lockOf(session);
    writeFileSync(join(wire.home, "locks/mtui.lock"), "1700000000:bob:7");
    expect(await session.change("echo >never", lock)).toMatchObject({
      state: "notRun",
      error: { kind: "lock.lost" },
    });
    expect(wire.read("never")).toBeNull();
    expect(wire.left).toEqual([]);
  });
});

describe.each(HOSTS.slice(1, 3))("where a command's files cannot be, on $shell $perl", (host) => {
  test("the reason may be a long one", async () => {
    await using wire = new LocalWire({ ...host, env: { HOME: `/nowhere/${"long ".repeat(60)}` } });
    await using session = await wire.open();
    expect(await session.change("true", await lockOf(session))).toMatchObject({
      state: "notRun",
      error: { kind: "lock.io" },
    });
  });

  test.each<[string, (wire: LocalWire) => void, RegExp]>([
    [
      "a directory of somebody else",
      (wire) => symlinkSync("/tmp", join(wire.home, ".mtuid")),
      /not a directory of ours/,
    ],
    [
      "a file in its place",
      (wire) => writeFileSync(join(wire.home, ".mtuid"), ""),
      /File exists|Not a directory/,
    ],
  ])("%s: it is not started, and the reason is said", async (_words, spoil, reason) => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const lock = await lockOf(session);
    spoil(wire);
    const outcome = await session.change("echo >never", lock);
    expect(outcome).toMatchObject({
      state: "notRun",
      error: { kind: "lock.io", message: expect.stringMatching(reason) },
    });
    expect(wire.read("never")).toBeNull();
    expect(await session.releaseLock(lock)).toEqual({ state: "released" });
  });

  test.skipIf(process.getuid?.() === 0)("a home that takes nothing", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const lock = await lockOf(session);
    mkdirSync(join(wire.home, ".mtuid/d1"), { recursive: true });
    chmodSync(join(wire.home, ".mtuid/d1"), 0o500);
    expect(await session.change("true", lock)).toMatchObject({ state: "notRun", error: { kind: "lock.io" } });
    chmodSync(join(wire.home, ".mtuid/d1"), 0o700);
  });
});

describe.each(HOSTS.slice(1, 3))("what a host keeps, on $shell $perl", (host) => {
  test("may be removed under a command's feet: nobody reports its end, and nobody goes on for ever", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const outcome = await session.change('rm -rf "$HOME/.mtuid"; echo done >it', await lockOf(session));
    expect(outcome).toMatchObject({ state: "lost" });
    expect(wire.read("it")).toBe("done\n");
  });

  test("is so much of a stream; the rest is counted, and the command does not notice", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open(wire.connector({ spool: 64 * 1024 }));
    const outcome = await session.change(
      "head -c 200000 /dev/zero; echo $? >status; head -c 300 /dev/zero >&2",
      await lockOf(session),
      { release: true },
    );
    expect(outcome).toMatchObject({
      state: "ok",
      stdout: { bytes: 200_000, dropped: 200_000 - 64 * 1024 },
      stderr: { bytes: 300, dropped: 0 },
    });
    expect(wire.read("status")).toBe("0\n");
  });

  test("is said to be lost, and why, when the runner was killed or the host was booted since", async () => {
    await using wire = new LocalWire(host);
    await using session = await wire.open();
    const up = Promise.withResolvers<void>();
    const running = session.change('echo "$$" >group; echo up; exec sleep 30', await lockOf(session), {
      id: "j3.1",
      onOutput: () => up.resolve(),
    });
    await up.promise;
    const run = (): string => wire.read(".mtuid/d1/j3.1.run") ?? "";
    const [, runner] = /^run (\d+) /m.exec(run()) ?? [];
    process.kill(Number(runner), "SIGKILL");
    expect(await running).toMatchObject({ state: "lost", error: { data: { reason: "runner_killed" } } });
    process.kill(-Number(wire.read("group")), "SIGKILL");
    const file = join(wire.home, ".mtuid/d1/j3.1.run");
    writeFileSync(file, run().replace(/^boot .*/m, "boot 00000000-0000-0000-0000-000000000000"));
    expect(await session.follow("j3.1", { from: START })).toMatchObject({
      state: "lost",
      error: { data: { reason: "rebooted" } },
    });
  });
});
