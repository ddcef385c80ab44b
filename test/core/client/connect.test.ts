import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  connect,
  type ConnectOptions,
  instancePath,
  isAlive,
  type Launcher,
  readInstance,
  START_LOG,
  startTicks,
  stopDaemon,
} from "@mtui/core/client";
import { MtuiError, VERSION } from "@mtui/core/protocol";
import { expect, test, vi } from "vitest";
import { takeInstance } from "../../../packages/daemon/src/store/instance.ts";
import { sandbox } from "../../daemon/server/harness.ts";

const client = { kind: "script", name: "test" } as const;
const fake: Launcher = {
  command: process.execPath,
  args: ["--conditions=mtui-source", join(import.meta.dirname, "fake-daemon.ts")],
};

/** A user of his own, whose daemon is ended with the test. */
function user() {
  const box = sandbox();
  const notices: string[] = [];
  return {
    ...box,
    notices,
    connect: (options: Partial<ConnectOptions> = {}) =>
      connect({ client, autostart: fake, env: box.env, onNotice: (text) => notices.push(text), ...options }),
    async [Symbol.asyncDispose]() {
      await stopDaemon({ client, env: box.env, force: true, stopMs: 2_000, helloMs: 200 });
      box[Symbol.dispose]();
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<MtuiError> {
  const thrown = await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  if (thrown instanceof MtuiError) return thrown;
  throw thrown;
}

test("without a daemon and without leave to start one: what to type", async () => {
  await using alice = user();
  expect(await failure(alice.connect({ autostart: false }))).toMatchObject({
    kind: "daemon.unreachable",
    exitCode: 5,
    hint: "Start it: mtuictl daemon start",
  });
});

test("a daemon that ends for its configuration: config.invalid with file, line and what to do", async () => {
  await using alice = user();
  const says = "mtuid: /a.yaml:5: no key x\\n/a.yaml:7: y must be a number\\n  Mend /a.yaml, line 5\\n";
  const script = `process.stderr.write("(node:1) Warning\\n${says}"); process.exit(2);`;
  const autostart: Launcher = { command: process.execPath, args: ["-e", script, "--"] };
  expect(await failure(alice.connect({ autostart }))).toMatchObject({
    kind: "config.invalid",
    exitCode: 2,
    message: "/a.yaml:5: no key x\n/a.yaml:7: y must be a number",
    hint: "Mend /a.yaml, line 5",
  });
});

test("a daemon that ends for another reason: the end of what it said", async () => {
  await using alice = user();
  const script = `process.stderr.write("mtuid: no\\n"); process.exit(3);`;
  const autostart: Launcher = { command: process.execPath, args: ["-e", script, "--"] };
  expect(await failure(alice.connect({ autostart }))).toMatchObject({
    kind: "daemon.unreachable",
    message: expect.stringMatching(/it ended at once: exit 3; .*ends with: mtuid: no/),
  });
});

test("a daemon is started when none runs, stays, and is used by the next client", async () => {
  await using alice = user();
  const first = await alice.connect();
  const { pid } = first.hello;
  expect(pid).not.toBe(process.pid);
  expect(alice.notices).toEqual(["mtuid was not running; starting it."]);
  await first[Symbol.asyncDispose]();
  await using second = await alice.connect();
  expect(second.hello.pid).toBe(pid);
  expect(alice.notices).toHaveLength(1);
  expect(readInstance(alice.env)).toMatchObject({ pid, daemon_id: second.hello.daemon_id });
  expect(statSync(join(alice.dir, "state", "mtui")).mode & 0o777).toBe(0o700);
  expect(statSync(instancePath(alice.env)).mode & 0o777).toBe(0o600);
});

test("many clients that start one at once end with one daemon", { timeout: 30_000 }, async () => {
  await using alice = user();
  const all = await Promise.all(Array.from({ length: 5 }, () => alice.connect()));
  expect(new Set(all.map(({ hello }) => hello.pid)).size).toBe(1);
  await Promise.all(all.map((daemon) => daemon[Symbol.asyncDispose]()));
});

test("a launch that is not needed any more is ended, and never becomes a daemon later", async () => {
  await using alice = user();
  const pidFile = join(alice.dir, "late.pid");
  // Still starting when the other client's daemon answers.
  const late = [
    "-e",
    `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
  ];
  const waiting = alice.connect({ autostart: { command: process.execPath, args: late } });
  await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", { timeout: 5_000 });
  const latePid = Number(readFileSync(pidFile, "utf8"));
  await using quicker = await alice.connect();
  await using slower = await waiting;
  expect(slower.hello.pid).toBe(quicker.hello.pid);
  await vi.waitUntil(() => startTicks(latePid) === null, { timeout: 5_000 });
});

test("a launch that was beaten by a daemon on its way out is repeated", async () => {
  await using alice = user();
  const state = join(alice.dir, "state", "mtui");
  const log = join(state, START_LOG);
  const leaving = takeInstance(state);
  const connecting = alice.connect();
  await vi.waitUntil(() => existsSync(log) && readFileSync(log, "utf8").includes("beaten"), {
    timeout: 10_000,
  });
  leaving?.[Symbol.dispose]();
  await using daemon = await connecting;
  expect(daemon.hello.pid).not.toBe(process.pid);
});

test.each([
  {
    launcher: {
      command: process.execPath,
      args: ["-e", "console.error('no\\u001b[31m disk'); process.exit(3)"],
    },
    says: /exit 3; .*no.*disk/,
  },
  { launcher: { command: "/no/such/mtuid", args: [] }, says: /ENOENT/ },
])("a launcher that fails is an error that says why: $says", async ({ launcher, says }) => {
  await using alice = user();
  const error = await failure(alice.connect({ autostart: launcher }));
  expect(error).toMatchObject({ kind: "daemon.unreachable", message: expect.stringMatching(says) });
  expect(error.message).not.toContain("\u001b");
});

test("a launcher that never listens is given up", async () => {
  await using alice = user();
  const mute = { command: process.execPath, args: ["-e", "setTimeout(() => {}, 1000)"] };
  const error = await failure(alice.connect({ autostart: mute, limits: { startMs: 60 } }));
  expect(error.message).toContain("within 0.06 s");
});

test("a daemon that lives, but not where its socket should be: what ends it", async () => {
  await using alice = user();
  const beaten = { command: process.execPath, args: ["-e", "setTimeout(() => {}, 1000)"] };
  const connectBesideOne = async (): Promise<MtuiError> => {
    using lost = takeInstance(join(alice.dir, "state", "mtui"));
    lost?.publish({ version: VERSION, build: "b", socket: "/gone", log: "stderr", started_at: 1 });
    return await failure(alice.connect({ autostart: beaten, limits: { startMs: 60 } }));
  };
  expect(await connectBesideOne()).toMatchObject({
    kind: "daemon.unreachable",
    message: expect.stringContaining(`runs as pid ${process.pid}, listening on /gone`),
    hint: "End that one, then ask again: mtuictl daemon stop",
  });
});

test("the daemon gets the client's configuration; another one's is config.mismatch, naming both", async () => {
  await using alice = user();
  await using daemon = await alice.connect({ config: "/etc/one.yaml" });
  expect(daemon.hello.config).toEqual(["/etc/one.yaml"]);
  await using _any = await alice.connect({ config: null });
  const error = await failure(alice.connect({ env: { ...alice.env, MTUI_CONF: "~/two.yaml" } }));
  expect(error).toMatchObject({ kind: "config.mismatch", exitCode: 2 });
  expect(error.message).toContain("/etc/one.yaml");
  expect(error.message).toContain(join(alice.dir, "two.yaml"));
});

test("an idle older daemon is replaced", async () => {
  await using alice = user();
  const old = await alice.connect({ env: { ...alice.env, FAKE_VERSION: "0.0.9" } });
  expect(old.hello.version).toBe("0.0.9");
  await using daemon = await alice.connect();
  expect(daemon.hello).toMatchObject({ version: VERSION, daemon_id: old.hello.daemon_id });
  expect(daemon.hello.pid).not.toBe(old.hello.pid);
  expect(alice.notices.slice(-1)).toEqual(["mtuid 0.0.9 was idle and is replaced."]);
  await expect(old.call("list_workspaces", {})).rejects.toMatchObject({ kind: "daemon.unreachable" });
});

test("a busy older daemon serves on, with one warning", async () => {
  await using alice = user();
  await using daemon = await alice.connect({ env: { ...alice.env, FAKE_VERSION: "0.0.9", FAKE_JOBS: "1" } });
  expect(await daemon.call("list_workspaces", {})).toEqual({ workspaces: [] });
  expect(alice.notices).toEqual([
    "mtuid was not running; starting it.",
    expect.stringContaining("mtuid is 0.0.9"),
  ]);
});

test("a newer daemon is never replaced by an older program", async () => {
  await using alice = user();
  await using daemon = await alice.connect({ env: { ...alice.env, FAKE_VERSION: "9.0.0" } });
  await using again = await alice.connect();
  expect(again.hello.pid).toBe(daemon.hello.pid);
  expect(alice.notices.some((text) => text.includes("replaced by"))).toBe(false);
});

test("stop by request", async () => {
  await using alice = user();
  const daemon = await alice.connect();
  const { pid } = daemon.hello;
  const left = { waitingJobs: [], workingJobs: [], releasedHosts: [], stuckJobs: [], unreleased: [] };
  expect(await stopDaemon({ client, env: alice.env })).toEqual({
    state: "stopped",
    by: "request",
    pid,
    ...left,
  });
  expect(startTicks(pid)).toBeNull();
  await daemon.closed;
  expect(readInstance(alice.env)).toBeNull();
  expect(await stopDaemon({ client, env: alice.env })).toEqual({
    state: "not running",
    by: null,
    pid: null,
    ...left,
  });
});

test("a daemon that hangs is reported, and stopped by its pid", async () => {
  await using alice = user();
  const env = { ...alice.env, FAKE_HANG: "1" };
  const error = await failure(alice.connect({ env, limits: { helloMs: 100 } }));
  expect(error).toMatchObject({
    kind: "daemon.unreachable",
    hint: expect.stringContaining("mtuictl daemon stop --force"),
  });
  await vi.waitUntil(() => readInstance(alice.env) !== null, { timeout: 5_000 });
  const pid = readInstance(alice.env)?.pid;
  expect(await stopDaemon({ client, env: alice.env, helloMs: 100 })).toMatchObject({
    state: "stopped",
    by: "SIGTERM",
    pid,
  });
});

test("one that ignores SIGTERM as well goes on until --force", async () => {
  await using alice = user();
  const env = { ...alice.env, FAKE_HANG: "1", FAKE_DEAF: "1" };
  await failure(alice.connect({ env, limits: { helloMs: 100 } }));
  await vi.waitUntil(() => readInstance(alice.env) !== null, { timeout: 5_000 });
  const pid = readInstance(alice.env)?.pid;
  const limits = { client, env: alice.env, helloMs: 100, stopMs: 100 };
  expect(await failure(stopDaemon(limits))).toMatchObject({ hint: expect.stringContaining("--force") });
  expect(await stopDaemon({ ...limits, force: true, stopMs: 2_000 })).toMatchObject({
    state: "stopped",
    by: "SIGKILL",
    pid,
  });
});

test("a process that only has the daemon's old number is left alone", async () => {
  await using alice = user();
  const ours = { pid: process.pid, start_ticks: (startTicks(process.pid) ?? 0) + 1 };
  mkdirSync(join(alice.dir, "state", "mtui"), { recursive: true, mode: 0o700 });
  const rest = { daemon_id: "d", version: "1", build: "b", socket: "s", log: "l", started_at: 1 };
  writeFileSync(instancePath(alice.env), JSON.stringify({ ...ours, ...rest }));
  expect(isAlive(ours)).toBe(false);
  expect(await stopDaemon({ client, env: alice.env, force: true })).toMatchObject({ state: "not running" });
});
