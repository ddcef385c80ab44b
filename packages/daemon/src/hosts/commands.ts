import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorReport, toMtuiError } from "@mtui/core/protocol";
import { commandScript } from "../ssh/command-script.ts";
import { runCommand, type RunResult } from "../ssh/run-command.ts";
import { badId, notRun, refusal } from "./command-refusals.ts";
import { type DurableEnd, runDurable } from "./durable/run.ts";
import { durableHome, type DurableScript, sweepScript } from "./durable/script.ts";
import { Traces } from "./durable/traces.ts";
import type { FenceLocks } from "./fence-script.ts";
import type { HostLink } from "./host-link.ts";
import { type CommandOutcome, isNotEnded } from "./outcome.ts";
import type { LockKind, RemotePaths } from "./remote-paths.ts";
import type { CommandLimits, ExecOptions } from "./session.ts";

export interface CommandsOptions {
  readonly link: HostLink;
  readonly paths: RemotePaths;
  readonly limits: CommandLimits;
  readonly hostName: string;
  /** The daemon's id: its directory on the host. */
  readonly owner: string;
  /** Bytes of each stream that the host keeps of a change. @default 256 MiB */
  readonly spool?: number;
  /** Does an operation lock of ours stand there? */
  readonly held: () => boolean;
  /** Changes on this host that a cancel could not reach: they are ended as soon as it can be. */
  readonly unended: Set<string>;
}

const SPOOL = 256 * 1024 * 1024;

export type Changed = CommandOutcome & { lockReleased?: boolean };

/** Nothing ran: this lock is not ours any more. */
export interface LockLost {
  readonly state: "lockLost";
  readonly lock: LockKind;
}

interface Running {
  readonly stop: AbortController;
  /** Of a change: lets go of it. */
  readonly detach: AbortController;
  readonly done: Promise<unknown>;
  /** Nobody waits for it: the end of the session lets go of it at once. */
  readonly idle: boolean;
}

/** Closing waits this long for a link that is broken; what runs on the host then stays there. */
const REACH_MS = 10_000;
const LOOK_MS = 500;
/** What a cancel could not reach gets so long to end (TERM, grace, KILL) before anything else begins there. */
const LEFT_MS = 15_000;
/** Behind everything that a host keeps: of a command that is only to be ended, nothing is wanted. */
const BEHIND_ALL = 2 ** 40;

/** Runs commands on one host and knows which are running, so that closing can end them. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #running = new Set<Running>();
  /** Something of ours is, or was, in the account's home. */
  #used = false;

  readonly #traces: Traces;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#traces = new Traces({ ...options, now: () => performance.now() });
  }

  async query(command: string, options: ExecOptions): Promise<CommandOutcome> {
    const refused = refusal(command);
    if (refused !== null) return { state: "notRun", error: refused };
    return await this.#watched(options, async (wishes) => await this.#query(command, wishes));
  }

  /** Begins a change, or goes on with the one that began under this id. */
  async change(
    command: string,
    options: ExecOptions & { fence: FenceLocks; id?: string | undefined },
  ): Promise<Changed | LockLost> {
    const { fence, id = randomBytes(16).toString("hex"), ...rest } = options;
    const refused = refusal(command) ?? badId(id);
    if (refused !== null) return { state: "notRun", error: refused };
    const { spool = SPOOL } = this.#options;
    const end = await this.#durable(rest, { id, start: { command, fence, spool } });
    if (end.kind === "refused") {
      const { reason } = end;
      if (reason === "operation" || reason === "pool") return { state: "lockLost", lock: reason };
      return { state: "notRun", error: this.#notRun(reason) };
    }
    const { outcome, release } = end;
    // Nobody will ask for it again, unless it may still be at work.
    if (options.id === undefined && outcome.state !== "lost") this.collect([id]);
    return fence.release ? { ...outcome, lockReleased: release === "released" } : outcome;
  }

  async follow(
    id: string,
    options: ExecOptions & { from: { stdout: number; stderr: number } },
  ): Promise<Changed | { state: "absent" }> {
    const refused = badId(id);
    if (refused !== null) return { state: "notRun", error: refused };
    const { from, ...rest } = options;
    const end = await this.#durable(rest, { id, from });
    if (end.kind === "refused")
      return end.reason === "absent"
        ? { state: "absent" }
        : { state: "notRun", error: this.#notRun(end.reason) };
    const { outcome, release } = end;
    return release === "-" ? outcome : { ...outcome, lockReleased: release === "released" };
  }

  /** Ends changes that a cancel could not reach, as soon as the host can be. */
  endLeft(): void {
    for (const id of this.#options.unended) void this.#endLater(id);
  }

  /**
   * Resolves when no command is at work any more that a cancel could not reach: whoever wants the operation lock would be
   * refused until then. At once on a broken link, and after some seconds in any case.
   */
  async leftEnded(): Promise<void> {
    const idle = [...this.#running].filter((each) => each.idle).map(async ({ done }) => await done);
    if (idle.length === 0 || !this.#options.link.connected) return;
    const stop = new AbortController();
    const late = sleep(LEFT_MS, undefined, { ref: false, signal: stop.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(idle), late]);
    stop.abort();
  }

  async #endLater(id: string): Promise<void> {
    const from = { stdout: BEHIND_ALL, stderr: BEHIND_ALL };
    const limits = { silence: 0, total: 0, capture: 0 };
    const end = await this.#durable({ signal: AbortSignal.abort(), limits }, { id, from, idle: true });
    if (end.kind === "outcome" && mayBeAtWork(end.outcome)) return;
    this.#options.unended.delete(id);
    this.collect([id]);
    // Its runner gave the lock back, of which the session has not heard yet.
    if (end.kind === "outcome" && end.release === "released") this.lockGone();
  }

  /** Their files go as soon as they may; those of a change that has to be ended first, after that. */
  collect(ids: readonly string[]): void {
    this.#used = true;
    this.#traces.collect(ids);
  }

  /** The operation lock was given back. */
  lockGone(): void {
    this.#traces.lockGone();
  }

  /** What is left of commands for which nobody will ask any more. */
  sweep(jobsAtWork: readonly string[]): void {
    this.#options.link.behindNext(sweepScript(this.#options.owner, jobsAtWork));
  }

  /** The last of what was collected; empty directories of ours go. */
  async tidy(): Promise<void> {
    const { link, owner } = this.#options;
    this.#traces.lockGone();
    if (this.#used) link.behindNext(`${durableHome(owner)}\n[ ! -d "$B" ] || rmdir "$B" "$M"`);
    await link.tidy();
  }

  get running(): number {
    return this.#running.size;
  }

  /** Ends what runs (TERM, grace, KILL) and waits for it; for a host that cannot be reached not long. */
  async endAll(): Promise<void> {
    const deadline = performance.now() + REACH_MS;
    for (const { stop, detach, idle } of this.#running) {
      stop.abort();
      if (idle && !this.#options.link.connected) detach.abort();
    }
    const look = setInterval(() => {
      if (performance.now() > deadline && !this.#options.link.connected) this.#letGo();
    }, LOOK_MS);
    await this.#settled();
    clearInterval(look);
  }

  /** Follows nothing any more; changes go on on the host. */
  async leaveAll(): Promise<void> {
    this.#letGo();
    await this.#settled();
  }

  #letGo(): void {
    for (const { detach } of this.#running) detach.abort();
  }

  async #settled(): Promise<void> {
    await Promise.allSettled([...this.#running].map(async ({ done }) => await done));
  }

  async #watched<T>(
    options: ExecOptions,
    work: (wishes: ExecOptions & { signal: AbortSignal; detach: AbortSignal }) => Promise<T>,
    { idle = false }: { idle?: boolean } = {},
  ): Promise<T> {
    const [stop, detach] = [new AbortController(), new AbortController()];
    const any = (own: AbortController, other: AbortSignal | undefined): AbortSignal =>
      other === undefined ? own.signal : AbortSignal.any([other, own.signal]);
    const done = work({ ...options, signal: any(stop, options.signal), detach: any(detach, options.detach) });
    const entry = { stop, detach, done, idle };
    this.#running.add(entry);
    try {
      return await done;
    } finally {
      this.#running.delete(entry);
      this.#options.link.rewarm();
    }
  }

  async #durable(
    options: ExecOptions,
    what: { id: string; start?: DurableScript["start"]; from?: DurableScript["from"]; idle?: boolean },
  ): Promise<DurableEnd> {
    const { link, paths, limits, hostName, owner, unended } = this.#options;
    const { id, start, from = { stdout: 0, stderr: 0 }, idle = false } = what;
    this.#used = true;
    const end = await this.#watched(
      options,
      async ({ signal, detach, onOutput, onLink, limits: own }) =>
        await runDurable({
          link,
          paths,
          place: { owner, id },
          ...(start === undefined ? {} : { start }),
          from,
          limits: { ...limits, ...own },
          signal,
          detach,
          hostName,
          ...(onOutput === undefined ? {} : { onOutput }),
          ...(onLink === undefined ? {} : { onLink }),
          patient: idle,
        }),
      { idle },
    );
    if (end.kind === "outcome" && isLeftAtWork(end.outcome) && !idle) {
      unended.add(id);
      void this.#endLater(id);
    }
    return end;
  }

  async #query(
    command: string,
    { signal, detach, onOutput, limits: own }: ExecOptions & { signal: AbortSignal; detach: AbortSignal },
  ): Promise<CommandOutcome> {
    const { link, limits, hostName } = this.#options;
    const nonce = randomBytes(16).toString("hex");
    let result: RunResult;
    try {
      const shell = await link.shell(signal);
      result = await runCommand(shell, {
        script: commandScript(command, { nonce }),
        nonce,
        limits: { ...limits, ...own },
        signal: AbortSignal.any([signal, detach]),
        onOutput,
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
    if (result.kind === "refused") return { state: "notRun", error: this.#notRun("cancelled") };
    return result.outcome;
  }

  #notRun(reason: string): ErrorReport {
    const { hostName: host, paths } = this.#options;
    return notRun(reason, { host, lockDir: paths.lockDir });
  }
}

/** It was to be ended, and that is not proven. */
function isLeftAtWork(outcome: CommandOutcome): boolean {
  if (outcome.state === "cancelled" || outcome.state === "timeout") return !outcome.gone;
  return outcome.state === "lost" && isNotEnded(outcome.error);
}

/** After it was to be ended: it was not, and can be at another time. */
function mayBeAtWork(outcome: CommandOutcome): boolean {
  if (outcome.state === "unreachable") return true;
  if (outcome.state === "cancelled") return !outcome.gone;
  if (outcome.state !== "lost") return false;
  // Without its runner, or since a reboot, nothing is known of it that could be ended.
  return !["rebooted", "runner_killed"].includes(String(outcome.error.data?.["reason"]));
}
