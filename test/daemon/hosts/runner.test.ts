import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { HeldLock, HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import { LocalWire, lockOf } from "../support/local-wire.ts";

/** What a command can see of who runs it. Shells let what they start in the background ignore INT and QUIT; others do not. */
const LOOK = `env | grep -v '^_=' | sort; pwd; umask; ulimit -a; ls /proc/self/fd | wc -l
[ "$(ps -o sid= -p $$)" -eq $$ ] && echo own session
[ "$(ps -o pgid= -p $$)" -eq $$ ] && echo own group
readlink /proc/$$/fd/0
awk '/^SigIgn/ { print $1, substr($2, 1, 15), $2 ~ /[6]$/ ? "0" : substr($2, 16) }' /proc/$$/status`;

async function seen(wire: LocalWire): Promise<string> {
  await using session = await wire.open();
  return await textOf(session, { command: LOOK, lock: await lockOf(session) });
}

async function textOf(
  session: HostSession,
  { command, lock }: { command: string; lock: HeldLock },
): Promise<string> {
  const outcome = await session.change(command, lock);
  if (outcome.state !== "ok") throw new Error(JSON.stringify(outcome));
  return outcome.stdout.head.toString();
}

/** Processes that serve a connection there; each has a child that waits for the next command. */
function runnersIn(home: string): number[] {
  const named = readdirSync("/proc").flatMap((pid) => {
    try {
      if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(home)) return [];
      const [, name, parent] =
        /^\d+ \((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
      return name === "mtui-runner" ? [{ pid: Number(pid), parent: Number(parent) }] : [];
    } catch {
      return [];
    }
  });
  return named.filter(({ parent }) => !named.some(({ pid }) => pid === parent)).map(({ pid }) => pid);
}

test("a command sees the same, whoever runs it", async () => {
  await using perl = new LocalWire();
  await using shell = new LocalWire({ perl: "" });
  const byPerl = await seen(perl);
  const byShell = await seen(shell);
  expect(byPerl).toContain("own session\nown group\n/dev/null\n");
  expect(byPerl).not.toContain("MTUI");
  expect(byPerl.replaceAll(perl.home, "~")).toBe(byShell.replaceAll(shell.home, "~"));
});

test("one runner serves a connection, and goes with it", async () => {
  await using wire = new LocalWire();
  await using session = await wire.open();
  const lock = await lockOf(session);
  const command = 'cut -d " " -f 4 /proc/$PPID/stat';
  const first = await textOf(session, { command, lock });
  expect(runnersIn(wire.home)).toEqual([Number(first)]);
  expect(await textOf(session, { command, lock })).toBe(first);
  await session.close();
  await vi.waitFor(() => expect(runnersIn(wire.home)).toEqual([]));
});

test("one that was killed between two commands is replaced", async () => {
  await using wire = new LocalWire();
  await using session = await wire.open();
  const lock = await lockOf(session);
  const command = "echo done";
  await textOf(session, { command, lock });
  const [pid = 0] = runnersIn(wire.home);
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(runnersIn(wire.home)).toEqual([]));
  // The first one may be sent to it before its end is known, and is found by a shell then.
  expect(await textOf(session, { command, lock })).toBe("done\n");
  expect(await textOf(session, { command, lock })).toBe("done\n");
  expect(runnersIn(wire.home)).toHaveLength(1);
});

test("killed while its command is at work, it is followed by a shell to the end", async () => {
  await using wire = new LocalWire();
  await using session = await wire.open();
  const lock = await lockOf(session);
  const links: string[] = [];
  const outcome = await session.change("echo up; until [ -e go ]; do sleep 0.02; done; echo down", lock, {
    onLink: (state) => links.push(state),
    onOutput: (_stream, chunk) => {
      if (!chunk.includes("up")) return;
      for (const pid of runnersIn(wire.home)) process.kill(pid, "SIGKILL");
      writeFileSync(join(wire.home, "go"), "");
    },
  });
  expect(outcome).toMatchObject({ state: "ok", stdout: { bytes: 8 } });
  expect(links).toEqual(["broken", "again"]);
});

test("while it has a command, another one is a shell's", async () => {
  await using wire = new LocalWire();
  await using session = await wire.open();
  const lock = await lockOf(session);
  const up = Promise.withResolvers<void>();
  const long = session.change("echo up; until [ -e go ]; do sleep 0.02; done", lock, {
    id: "j1.1",
    onOutput: () => up.resolve(),
  });
  await up.promise;
  // The fence is taken: it waits for a while, and is refused in the end.
  expect(await session.change("true", lock)).toMatchObject({ state: "notRun", error: { kind: "host.busy" } });
  writeFileSync(join(wire.home, "go"), "");
  expect(await long).toMatchObject({ state: "ok" });
});

describe("a host whose perl", () => {
  test.each([
    ["says nothing and ends", "#!/bin/sh\nexit 0\n"],
    ["says something else", "#!/bin/sh\necho hello; cat >/dev/null\n"],
    ["dies of the program", "#!/bin/sh\necho 'Out of memory!' >&2; kill -KILL $$\n"],
  ])("%s has its commands run by the shell", async (words, text) => {
    await using wire = new LocalWire({ perl: "./perl" });
    writeFileSync(join(wire.home, "perl"), text);
    chmodSync(join(wire.home, "perl"), 0o755);
    if (words === "says something else") vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using session = await wire.open();
      const lock = await lockOf(session);
      const said = textOf(session, { command: "echo done", lock });
      if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(10_000);
      expect(await said).toBe("done\n");
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([{ PERL5OPT: "-CS" }, { PERL5LIB: "/nowhere" }, { PERL_UNICODE: "SDA" }])(
    "is told by the account to be another one is left alone: %o",
    async (env) => {
      await using wire = new LocalWire({ env });
      await using session = await wire.open();
      const lock = await lockOf(session);
      expect(await textOf(session, { command: "printf '\\351 ä'; env | grep PERL", lock })).toContain(
        Object.entries(env)[0]?.join("="),
      );
      expect(runnersIn(wire.home)).toEqual([]);
    },
  );

  test.each([
    [2, 0],
    [3, 1],
  ])("takes one of only %i sessions gives way to whatever else needs it", async (sessions, runners) => {
    await using wire = new LocalWire();
    wire.sessions = sessions;
    await using session = await wire.open();
    const lock = await lockOf(session);
    expect(await textOf(session, { command: "echo one", lock })).toBe("one\n");
    expect(runnersIn(wire.home)).toHaveLength(runners);
    const both = await Promise.all(Array.from({ length: sessions - 1 }, () => session.query("echo two")));
    expect(both.map(({ state }) => state)).toEqual(both.map(() => "ok"));
    await vi.waitFor(() => expect(runnersIn(wire.home)).toEqual([]));
    expect(await textOf(session, { command: "echo three", lock })).toBe("three\n");
  });
});
