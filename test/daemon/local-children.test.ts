import childProcess, { type SpawnOptions } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRrid } from "@mtui/core/domain";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { launch } from "../../packages/core/src/client/launch.ts";
import { notifySystemd } from "../../packages/daemon/src/server/systemd.ts";
import { askOpenSsh } from "../../packages/daemon/src/ssh/config/openssh-query.ts";
import { loadTemplate } from "../../packages/daemon/src/workspaces/template-store.ts";

const MINUTE_MS = 60_000;
const spawnOptions: SpawnOptions[] = [];
/** Limits that were asked for; each is reached when the test says so. */
const limits: { ms: number; reach: () => void }[] = [];
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mtui-children-"));
  mkdirSync(join(home, "bin"));
  vi.stubEnv("PATH", `${join(home, "bin")}:${process.env["PATH"] ?? ""}`);
  const { spawn } = childProcess;
  vi.spyOn(childProcess, "spawn").mockImplementation((...args: Parameters<typeof spawn>) => {
    spawnOptions.push(args[2]);
    return spawn(...args);
  });
  syncBuiltinESMExports();
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const limit = new AbortController();
    limits.push({ ms, reach: () => limit.abort() });
    return limit.signal;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  vi.unstubAllEnvs();
  spawnOptions.length = 0;
  limits.length = 0;
  rmSync(home, { recursive: true, force: true });
});

/** In place of the real one. */
function program(name: string, script: string): void {
  const path = join(home, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const HANGS = "exec sleep 60";
const ask = () => askOpenSsh({ name: "ant", user: null, port: null }, { configFile: join(home, "none") });
const checkout = () =>
  loadTemplate(parseRrid("SUSE:Maintenance:5:50"), {
    templateDir: join(home, "templates"),
    svnPath: "svn://x.example/reports",
    fancyReportsUrl: "http://x.example",
  });
const notify = () => notifySystemd(["READY=1"], { ...process.env, NOTIFY_SOCKET: "@none" });

describe("a program that is started here", () => {
  test("the daemon reads nothing of the terminal that started it", async () => {
    const env = { HOME: home, XDG_STATE_HOME: home, PATH: process.env["PATH"] };
    const launched = launch({ command: "/bin/true", args: [] }, { config: null, env });
    expect(spawnOptions).toMatchObject([{ stdio: ["ignore", expect.any(Number), expect.any(Number)] }]);
    await vi.waitFor(() => expect(launched.current()).toMatchObject({ state: "failed" }));
  });

  test("ssh, and what it runs for `Match exec`, finds its input at an end", async () => {
    program("ssh", "cat; echo hostname ant.example");
    expect(await ask()).not.toBeNull();
  });

  test("svn and systemd-notify read from /dev/null", async () => {
    program("svn", "exit 1");
    program("systemd-notify", "exit 0");
    await expect(checkout()).rejects.toMatchObject({ kind: "template.notFound" });
    await notify();
    expect(spawnOptions).toHaveLength(2);
    for (const { stdio } of spawnOptions) expect([stdio].flat()[0]).toBe("ignore");
  });

  test.each([
    { name: "ssh", start: ask, most: MINUTE_MS, says: { kind: "config.invalid" }, word: "no answer within" },
    {
      name: "svn",
      start: checkout,
      most: 10 * MINUTE_MS,
      says: { kind: "template.notFound" },
      word: "svn took too long",
    },
    { name: "systemd-notify", start: notify, most: MINUTE_MS, says: null, word: "" },
  ])("$name is given up after its time", async ({ name, start, most, says, word }) => {
    program(name, HANGS);
    const started = (start() as Promise<unknown>).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    await vi.waitFor(() => expect(limits).toHaveLength(1));
    const [limit] = limits as [(typeof limits)[0]];
    expect(limit.ms).toBeGreaterThan(0);
    expect(limit.ms).toBeLessThanOrEqual(most);
    limit.reach();
    const thrown = await started;
    if (says === null) expect(thrown).toBeNull();
    else expect(thrown).toMatchObject({ ...says, message: expect.stringContaining(word) });
  });
});
