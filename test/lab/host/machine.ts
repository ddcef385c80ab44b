import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { recordProcess } from "../place.ts";
import { type Ended, type RunOptions, run } from "../process.ts";
import type { Endpoint } from "../services/protocol.ts";
import { waitUntil } from "../wait.ts";
import type { HostMachine, OnReboot } from "./host-machine.ts";

export interface MachineOptions {
  name: string;
  /** The lab's directory, and the host's own in it. */
  labDir: string;
  dir: string;
  transactional: boolean;
  sshd: Endpoint;
  sshdProgram: string;
}

/**
 * One host as a tree of processes: off, booting, up. `unshare` gives it its namespaces; when its process
 * 1 ends, everything in it has ended. The kernel kills the tree if this process dies (pdeathsig).
 * The exit status of process 1 says what happens next: 42 boot again, anything else stay off.
 */
export class Machine implements HostMachine {
  readonly kind = "real" as const;
  readonly #options: MachineOptions;
  #child: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #init: number | null = null;
  #closing = false;
  #up = false;
  /** How often it has come up; a waiter for "up again" compares this. */
  boots = 0;
  onReboot: OnReboot = "return";
  /** Why the last automatic boot failed, if it did. */
  failure: Error | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#up;
  }

  get share(): string {
    return join(this.#options.dir, "share");
  }

  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`lab: ${this.#options.name} is running already`);
    const { name, labDir, dir, sshdProgram, transactional } = this.#options;
    const snapshot = await this.#snapshot();
    rmSync(join(this.share, "observing"), { force: true });
    await writeFile(join(this.share, "boot_id"), `${randomUUID()}\n`);
    if (this.#closing) throw new Error(`lab: ${name} is being put away`);
    const child = spawn(
      "setpriv",
      [
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--uts",
        "--ipc",
        "--fork",
        "--kill-child=SIGKILL",
        "--",
        "bash",
        join(this.share, "inside/boot.sh"),
      ],
      {
        stdio: ["ignore", "ignore", "pipe"],
        // A session of its own: Ctrl-C at our terminal is not for the host's sshd.
        detached: true,
        env: {
          PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
          NAME: name,
          TRANSACTIONAL: transactional ? "yes" : "",
          UPPER: join(snapshot, "upper"),
          WORK: join(snapshot, "work"),
          ROOT: join(dir, "root"),
          DATA: join(dir, "data"),
          SHARE: this.share,
          SSHD: sshdProgram,
        },
      },
    );
    this.#child = child;
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    this.#gone = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", (status) => {
        this.#child = null;
        this.#init = null;
        this.#up = false;
        resolve();
        if (status === 42 && !this.#closing) void this.#again();
      });
    });
    if (child.pid !== undefined) recordProcess(labDir, child.pid);
    await waitUntil(
      async () => {
        if (this.#child !== child) throw new Error(`lab: ${name} did not boot: ${said.trim()}`);
        this.#init ??= onlyChild(child.pid);
        if (existsSync(join(this.share, "no-sshd"))) return existsSync(join(this.share, "observing"));
        return greets(this.#options.sshd);
      },
      { for: `sshd of ${name}`, everyMs: 10 },
    );
    if (this.#init !== null) recordProcess(labDir, this.#init);
    this.#up = true;
    this.boots += 1;
  }

  /** Power off without ceremony; resolves when no process of the host is left. */
  async stop(): Promise<void> {
    this.#killNow();
    await this.#gone;
  }

  /** As `stop` and for good; does not wait. Used where nothing can be awaited. */
  close(): void {
    this.#closing = true;
    this.#killNow();
  }

  run(command: string, options: Pick<RunOptions, "input" | "timeoutMs">): Promise<Ended> {
    if (this.#init === null) throw new Error(`lab: ${this.#options.name} is off`);
    const namespaces = ["--target", String(this.#init), "--mount", "--uts", "--ipc", "--pid"];
    return run(["nsenter", ...namespaces, "--", "/bin/bash", "-c", command], {
      ...options,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        HOME: "/root",
        LANG: "C.UTF-8",
      },
    });
  }

  #killNow(): void {
    // Process 1 first: `unshare` then sees the whole tree end before it ends itself.
    const init = this.#init ?? onlyChild(this.#child?.pid);
    try {
      if (init !== null) process.kill(init, "SIGKILL");
      else this.#child?.kill("SIGKILL");
    } catch {
      this.#child?.kill("SIGKILL");
    }
  }

  async #again(): Promise<void> {
    if (this.onReboot === "never") return;
    try {
      if (typeof this.onReboot === "object") await pause(this.onReboot.afterMs);
      if (!this.#closing && this.#child === null) await this.start();
    } catch (error) {
      if (!this.#closing) this.failure = error as Error;
    }
  }

  /** The default snapshot becomes the running one. Only transactional hosts ever have more than one. */
  async #snapshot(): Promise<string> {
    const { dir } = this.#options;
    const snapshots = join(this.share, "snapshots");
    const number = (await readFile(join(snapshots, "default"), "utf8")).trim();
    await writeFile(join(snapshots, "running"), `${number}\n`);
    for (const d of [join(snapshots, number, "work"), join(dir, "root"), join(dir, "data")]) {
      await mkdir(d, { recursive: true, mode: 0o755 });
    }
    return join(snapshots, number);
  }
}

function onlyChild(pid: number | undefined): number | null {
  if (pid === undefined) return null;
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ");
    return first === undefined || first === "" ? null : Number(first);
  } catch {
    return null;
  }
}

/** Does something there speak SSH? */
export function greets(at: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...at, timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (chunk: Buffer) => end(chunk.toString("latin1").startsWith("SSH-")));
    for (const event of ["error", "close", "timeout"]) socket.once(event, () => end(false));
  });
}
