import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { HostMachine, OnReboot } from "../host/host-machine.ts";
import { type Ended, type RunOptions, run } from "../process.ts";
import { killMarked } from "./marks.ts";
import { rewriteCommand } from "./rewrite.ts";
import type { ScriptedSettings } from "./server-process.ts";

/** A directory and the process of its SSH server. */
export class ScriptedMachine implements HostMachine {
  readonly kind = "scripted" as const;
  readonly failure = null;
  readonly share: string;
  readonly #settings: ScriptedSettings;
  #server: ChildProcessByStdio<Writable, Readable, null> | null = null;
  onReboot: OnReboot = "return";
  boots = 0;

  constructor(share: string, settings: ScriptedSettings) {
    this.share = share;
    this.#settings = settings;
  }

  get up(): boolean {
    return this.#server !== null;
  }

  async start(): Promise<void> {
    if (this.#server !== null) throw new Error("lab: the host is running already");
    const program = join(import.meta.dirname, "server-process.ts");
    const server = spawn(process.execPath, [program, JSON.stringify(this.#settings)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    server.stdin.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      server.stdout.once("data", () => resolve());
      server.once("error", reject).once("exit", () => reject(new Error("lab: the SSH server ended")));
    });
    this.#server = server;
    this.boots += 1;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.close();
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      await new Promise((resolve) => server.once("exit", resolve));
    }
  }

  close(): void {
    this.#server?.kill("SIGKILL");
    this.#server = null;
    killMarked(this.#settings.root);
  }

  run(command: string, options: Pick<RunOptions, "input" | "timeoutMs">): Promise<Ended> {
    const { root, env, user } = this.#settings;
    const become: string[] =
      user === null ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
    const [program, ...words]: [string, ...string[]] = [
      "env",
      ...become,
      "bash",
      "-c",
      rewriteCommand(command, root),
    ];
    return run([program, ...words], {
      ...options,
      env: {
        ...env,
        PATH: `${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: join(root, "root"),
        MTUI_LAB_ROOT: root,
      },
    });
  }
}
