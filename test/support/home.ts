import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect, type DaemonClient, readInstance, stopDaemon } from "@mtui/core/client";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
  ms: number;
}

/**
 * One tester with a clean home: own XDG directories, own daemon, own user name in lock files. The
 * built executables run in it, as a user runs them.
 */
export class TesterHome implements AsyncDisposable {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();

  constructor(options: { config: string; user?: string; env?: NodeJS.ProcessEnv }) {
    this.dir = mkdtempSync(join(tmpdir(), "mtui-home-"));
    for (const name of ["run", "state", "cache", "config"]) mkdirSync(join(this.dir, name), { mode: 0o700 });
    const user = options.user ?? "tester";
    this.env = {
      PATH: `${BIN}:${process.env["PATH"] ?? ""}`,
      HOME: this.dir,
      LANG: "C.UTF-8",
      LOGNAME: user,
      USER: user,
      XDG_RUNTIME_DIR: join(this.dir, "run"),
      XDG_STATE_HOME: join(this.dir, "state"),
      XDG_CACHE_HOME: join(this.dir, "cache"),
      XDG_CONFIG_HOME: join(this.dir, "config"),
      MTUI_CONF: options.config,
      NO_COLOR: "1",
      ...options.env,
    };
  }

  /** Runs `mtuictl` to its end. */
  async ctl(...args: string[]): Promise<Finished> {
    return this.run(join(BIN, "mtuictl"), args);
  }

  /** `mtuictl --json`, parsed; throws with stderr when it is not JSON. */
  async json<T>(...args: string[]): Promise<T> {
    const { stdout, stderr, code } = await this.ctl(...args, "--json");
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`mtuictl ${args.join(" ")}: exit ${code}, no JSON\n${stdout}\n${stderr}`);
    }
  }

  async run(command: string, args: readonly string[]): Promise<Finished> {
    const started = performance.now();
    const child = this.start(command, args);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise<number>((done, fail) => {
      child.on("error", fail);
      child.on("close", (exit, signal) => done(exit ?? (signal === null ? -1 : 128)));
    });
    return { code, stdout, stderr, ms: performance.now() - started };
  }

  start(command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, { env: this.env, cwd: this.dir, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    child.on("close", () => this.#children.delete(child));
    return child;
  }

  startCtl(...args: string[]): ChildProcess {
    return this.start(join(BIN, "mtuictl"), args);
  }

  /** A client of this home's daemon, which is started when it does not run. */
  connect(): Promise<DaemonClient> {
    return connect({
      client: { kind: "script", name: "test" },
      config: this.env["MTUI_CONF"] ?? null,
      env: this.env,
      autostart: { command: join(BIN, "mtuid"), args: [] },
    });
  }

  get daemonPid(): number | null {
    return readInstance(this.env)?.pid ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await stopDaemon({ client: { kind: "script", name: "test" }, env: this.env, force: true });
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
