import { spawnSync } from "node:child_process";
import type { CommandOutcome } from "../../../packages/daemon/src/hosts/outcome.ts";
import type { ExecOptions, HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import { FakeHost } from "./fake-host.ts";

/** A host in memory whose commands a shell of this machine runs, with a home of its own. */
export class ShellHost extends FakeHost {
  readonly home: string;
  /** Where its shell finds programs. */
  path = process.env["PATH"] ?? "";

  constructor(name: string, home: string) {
    super({ name });
    this.home = home;
  }

  override async query(command: string, options: ExecOptions = {}): Promise<CommandOutcome> {
    const lost = await super.query("true", options);
    return lost.state === "ok" ? this.#run(command) : lost;
  }

  override async change(
    command: string,
    lock: HeldLock,
    options: ExecOptions & { release?: boolean } = {},
  ): Promise<CommandOutcome & { lockReleased?: boolean }> {
    // The model's answer says whether it may run at all.
    const model = await super.change(command.slice(0, 60), lock, options);
    if (model.state !== "ok") return model;
    return { ...this.#run(command), ...(model.lockReleased === true ? { lockReleased: true } : {}) };
  }

  #run(command: string): CommandOutcome {
    const env = { PATH: this.path, HOME: this.home };
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { env, maxBuffer: 1 << 26 });
    const captured = (head: Buffer) => ({ head, tail: Buffer.alloc(0), bytes: head.length, dropped: 0 });
    const streams = { stdout: captured(stdout), stderr: captured(stderr), ms: 1 };
    if (status === 0) return { state: "ok", exit: 0, ...streams };
    return { state: "failed", exit: status ?? 255, ...streams };
  }
}
