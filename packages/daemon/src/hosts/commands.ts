import { randomBytes } from "node:crypto";
import { type ErrorReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import { commandScript, MAX_COMMAND_BYTES } from "../ssh/command-script.ts";
import { runCommand, type RunResult } from "../ssh/run-command.ts";
import { type FenceLocks, fenceDriver } from "./fence-script.ts";
import type { HostLink } from "./host-link.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { LockKind, RemotePaths } from "./remote-paths.ts";
import type { CommandLimits, ExecOptions } from "./session.ts";

export interface CommandsOptions {
  readonly link: HostLink;
  readonly paths: RemotePaths;
  readonly limits: CommandLimits;
  readonly hostName: string;
}

type Ended = CommandOutcome & { lockReleased?: boolean };

/** Nothing ran: this lock is not ours any more. */
export interface LockLost {
  readonly state: "lockLost";
  readonly lock: LockKind;
}

/** Runs commands on one host and knows which are running, so that closing can end them. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #running = new Set<{ stop: AbortController; done: Promise<unknown> }>();

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  async run(command: string, options: ExecOptions & { fence: FenceLocks }): Promise<Ended | LockLost>;
  async run(command: string, options: ExecOptions): Promise<CommandOutcome>;
  async run(command: string, options: ExecOptions & { fence?: FenceLocks }): Promise<Ended | LockLost> {
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const done = this.#run(command, { ...options, signal });
    const entry = { stop, done };
    this.#running.add(entry);
    try {
      return await done;
    } finally {
      this.#running.delete(entry);
      this.#options.link.rewarm();
    }
  }

  get running(): number {
    return this.#running.size;
  }

  /** Ends what runs (TERM, grace, KILL) and waits for it. */
  async endAll(): Promise<void> {
    for (const { stop } of this.#running) stop.abort();
    await Promise.allSettled([...this.#running].map(async ({ done }) => await done));
  }

  async #run(command: string, options: ExecOptions & { fence?: FenceLocks }): Promise<Ended | LockLost> {
    const { link, limits, hostName } = this.#options;
    const { fence, signal } = options;
    const refused = refusal(command);
    if (refused !== null) return { state: "notRun", error: refused };
    const nonce = randomBytes(16).toString("hex");
    const script = commandScript(command, { nonce, ...this.#fenceParts(fence) });
    let result: RunResult;
    try {
      const shell = await link.shell(signal);
      result = await runCommand(shell, {
        script,
        nonce,
        limits: { ...limits, ...options.limits },
        signal,
        onOutput: options.onOutput,
        killer: link,
        hostName,
      });
    } catch (error) {
      const known = toMtuiError(error);
      return {
        state: known.kind === "request.cancelled" ? "notRun" : "unreachable",
        error: known.toReport(),
      };
    }
    if (result.kind === "refused") {
      const { reason } = result;
      if (reason === "operation" || reason === "pool") return { state: "lockLost", lock: reason };
      return { state: "notRun", error: this.#notRun(reason) };
    }
    if (fence?.release !== true) return result.outcome;
    return { ...result.outcome, lockReleased: result.release === "released" };
  }

  #fenceParts(fence: FenceLocks | undefined): { definitions?: string; driver?: string } {
    if (fence === undefined) return {};
    return fenceDriver(this.#options.paths, fence);
  }

  #notRun(reason: string): ErrorReport {
    const host = this.#options.hostName;
    const data = { host };
    switch (reason) {
      case "busy":
        return new MtuiError(
          "host.busy",
          `${host}: another command of mtuid is still changing this host; nothing was run.`,
          {
            hint: `See what runs: ssh root@${host} fuser -v ${this.#options.paths.lockDir}/mtui.fence`,
            data,
            retryable: true,
          },
        ).toReport();
      case "cancelled":
        return new MtuiError("request.cancelled", `${host}: cancelled before it began; nothing was run.`, {
          data,
        }).toReport();
      case "flock":
        return new MtuiError(
          "host.unsupported",
          `${host}: its flock program (util-linux) cannot be run; nothing was run.`,
          { hint: `Install it: ssh root@${host} zypper install util-linux`, data },
        ).toReport();
      default:
        return new MtuiError(
          "lock.io",
          `${host}: the fence file in ${this.#options.paths.lockDir} cannot be used; nothing was run.`,
          {
            hint: `Look at it: ssh root@${host} ls -l ${this.#options.paths.lockDir}`,
            data,
          },
        ).toReport();
    }
  }
}

function refusal(command: string): ErrorReport | null {
  const hint = "Put long scripts into a file, and no NUL bytes into a command.";
  if (command.includes("\0"))
    return new MtuiError("params.invalid", "A command cannot contain a NUL byte.", { hint }).toReport();
  if (Buffer.byteLength(command) <= MAX_COMMAND_BYTES) return null;
  return new MtuiError("params.invalid", `A command may have ${MAX_COMMAND_BYTES} bytes at most.`, {
    hint,
  }).toReport();
}
