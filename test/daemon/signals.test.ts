import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@mtui/core/client";
import { expect, test, vi } from "vitest";
import { sandbox, type Sandbox } from "./server/harness.ts";

const MAIN = join(import.meta.dirname, "../../packages/daemon/src/main.ts");
const client = { kind: "script", name: "test" } as const;

interface Real extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Its log so far. */
  readonly log: string;
  readonly ended: Promise<unknown[]>;
  says(text: string): Promise<void>;
}

/** mtuid itself, as a process of its own. @param fault what it does on USR2: nothing in it can fail at will */
async function mtuid(box: Sandbox, fault: string): Promise<Real> {
  const config = join(box.dir, "mtui.yaml");
  writeFileSync(config, "{}\n");
  const preload = `data:text/javascript,${encodeURIComponent(`process.on("SIGUSR2", () => { ${fault} })`)}`;
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--conditions=mtui-source",
    "--import",
    preload,
    MAIN,
    "--foreground",
  ];
  const child = spawn(process.execPath, [...args, "--config", config], {
    env: box.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = once(child, "close");
  const says = (text: string): Promise<void> =>
    vi.waitFor(
      () => {
        if (!log.includes(text)) throw new Error(`no "${text}" in: ${log}`);
      },
      { timeout: 30_000, interval: 20 },
    );
  await says(" serves");
  return {
    process: child,
    get log() {
      return log;
    },
    ended,
    says,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Its own end, and not a death: what it has is given back, or left to the next one, first. */
async function endsInOrder(daemon: Real, box: Sandbox): Promise<void> {
  expect(await daemon.ended).toEqual([1, null]);
  expect(daemon.log.match(/: stopping/g)).toHaveLength(1);
  expect(daemon.log).toContain("stopping (a fault of its own)");
  expect(existsSync(box.socket)).toBe(false);
}

const OPTIONS = { timeout: 60_000 };

test(
  "HUP is written down and ends nothing; an exception that nobody caught begins the end",
  OPTIONS,
  async () => {
    using box = sandbox();
    await using daemon = await mtuid(box, 'throw new Error("planted")');
    daemon.process.kill("SIGHUP");
    await daemon.says("SIGHUP");
    await using session = await connect({ client, autostart: false, env: box.env });
    expect(session.hello.pid).toBe(daemon.process.pid);
    daemon.process.kill("SIGUSR2");
    await endsInOrder(daemon, box);
    expect(daemon.log).toContain("a fault of mtuid: Error: planted");
  },
);

test("however many there are, and of whatever kind, there is one end", OPTIONS, async () => {
  using box = sandbox();
  const again = 'setImmediate(() => { throw new Error("two") });';
  await using daemon = await mtuid(box, `void Promise.reject(new Error("one")); ${again}`);
  daemon.process.kill("SIGUSR2");
  await endsInOrder(daemon, box);
  expect(daemon.log).toContain("a fault of mtuid: Error: one");
});
