import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import {
  type ControlAnswer,
  type Dial,
  type DialSettings,
  type GroupMember,
  type RemoteShell,
  routeTo,
  shellQuote,
  type SshTarget,
} from "../ssh/index.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { Claim } from "../arbiter/claim.ts";
import { type Grant, Probe } from "./grant.ts";
import { IdleConnection } from "./idle-connection.ts";
import type { LentRunner } from "./durable/runner-keeper.ts";
import { LiveConnection } from "./live-connection.ts";
import { controlPreamble } from "./lock-script.ts";
import type { RemotePaths } from "./remote-paths.ts";

/** A signal is one line for a shell that stands: a host that has not run it by then does not answer. */
const SIGNAL_MS = 10_000;

export interface LinkOptions {
  readonly target: SshTarget;
  readonly settings: DialSettings;
  readonly dial: Dial;
  readonly paths: RemotePaths;
  /** The name for people. */
  readonly hostName: string;
}

/**
 * The one connection of a host. One that broke is made again by the next thing that needs it, once, and
 * shared by all who need it at that moment.
 */
export class HostLink implements AsyncDisposable {
  readonly #options: LinkOptions;
  #live: LiveConnection | null = null;
  #dialing: Promise<LiveConnection> | null = null;
  /** Fires when the link is given up; a connection that is being made ends with it. */
  readonly #over = new AbortController();
  readonly #behind: string[] = [];

  private constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * @throws MtuiError host.unreachable, host.auth, host.key, host.unsupported, request.cancelled
   */
  static async open(grant: Grant, options: LinkOptions & { signal?: AbortSignal }): Promise<HostLink> {
    if (!Claim.is(grant) && !Probe.is(grant)) {
      throw new MtuiError("internal", "A connection was asked for without a claim.");
    }
    const link = new HostLink(options);
    try {
      await link.ready(options.signal);
      return link;
    } catch (error) {
      link.abandon();
      throw error;
    }
  }

  /** On a connection that a former claim left; nothing is sent yet. @throws MtuiError internal */
  static resume(claim: Claim, { idle, ...options }: LinkOptions & { idle: IdleConnection }): HostLink {
    const link = new HostLink(options);
    link.#live = idle.take(claim);
    return link;
  }

  /**
   * Ends this link and keeps its connection for another claim, if nothing is at work on it. Whoever
   * still has this link can do nothing with the host any more.
   */
  leave(): IdleConnection | null {
    const live = this.#live;
    if (live === null || this.#over.signal.aborted || this.#dialing !== null || !live.quiet) return null;
    this.#over.abort();
    this.#live = null;
    return new IdleConnection(this.target.key, live);
  }

  get connected(): boolean {
    return this.#live?.connected === true;
  }

  get target(): SshTarget {
    return this.#options.target;
  }

  /** Connects if need be. @throws as `open` */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.#ensure(signal);
  }

  /** A step in the control shell. @throws MtuiError host.lost, and as `open` */
  async control(
    script: string,
    options: { timeoutMs?: number; after?: string; signal?: AbortSignal } = {},
  ): Promise<ControlAnswer> {
    const live = await this.#ensure(options.signal);
    const { signal, ...rest } = options;
    const shell = await unlessAborted(live.control(), { signal });
    const behind = this.#behind.splice(0);
    if (behind.length === 0) return await unlessAborted(shell.request(script, rest), { signal });
    const after = [...(options.after === undefined ? [] : [options.after]), ...behind].join("\n");
    return await unlessAborted(shell.request(script, { ...rest, after }), { signal });
  }

  /** Tidying that goes with the next step, behind its answer; whether it comes to that is no matter. */
  behindNext(script: string): void {
    this.#behind.push(script);
  }

  /** Does now what was left for the next step, if there is a connection. */
  async tidy(): Promise<void> {
    if (this.#behind.length > 0 && this.connected) await this.control(":").catch(() => undefined);
  }

  /** A fresh shell for one command. @throws MtuiError host.lost, request.cancelled, and as `open` */
  async shell(signal?: AbortSignal): Promise<RemoteShell> {
    const live = await this.#ensure(signal);
    return await live.shell(signal);
  }

  /** The runner of changes; null where a shell is to be used instead. @throws MtuiError host.lost, request.cancelled, and as `open` */
  async runner(signal?: AbortSignal): Promise<LentRunner | null> {
    const live = await this.#ensure(signal);
    return await live.runner(signal);
  }

  /** A change is about to come: what it needs may begin already. */
  expectChange(): void {
    this.#live?.expectChange();
  }

  /** A command is over; the next one will want a shell that has started. */
  rewarm(): void {
    this.#live?.rewarm();
  }

  /** Signals a process group, or who will lead it and has only just begun. @throws MtuiError host.lost */
  async signal(group: number, name: "TERM" | "KILL"): Promise<void> {
    await this.control(`kill -${name} -${group} || kill -${name} ${group}`, { timeoutMs: SIGNAL_MS });
  }

  async alive(group: number): Promise<boolean> {
    const { status } = await this.control(`kill -0 -${group} || kill -0 ${group}`, {
      timeoutMs: SIGNAL_MS,
    });
    return status === 0;
  }

  /** Processes of a group by the kernel's names; none on a host without `pgrep`. @throws MtuiError host.lost */
  async members(group: number, names: readonly string[]): Promise<GroupMember[]> {
    const { output } = await this.control(`pgrep -l -g ${group} -x ${shellQuote(names.join("|"))}`, {
      timeoutMs: SIGNAL_MS,
    });
    return output
      .toString("utf8")
      .split("\n")
      .flatMap((line) => {
        const [, pid, name] = /^(\d{1,10}) (.+)$/.exec(line) ?? [];
        return pid === undefined || name === undefined ? [] : [{ pid: Number(pid), name }];
      });
  }

  /** @throws MtuiError host.lost */
  async terminate(pids: readonly number[]): Promise<void> {
    await this.control(`kill -TERM ${pids.join(" ")}`, { timeoutMs: SIGNAL_MS });
  }

  /** Forget the connection, as after a reboot; the next use makes a new one. */
  async drop(): Promise<void> {
    const live = this.#live;
    this.#live = null;
    await live?.close();
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#dialing?.catch(() => undefined);
    await this.drop();
  }

  /** Closes it at once, without a word to a host that may not answer. Whatever waits for the host fails. */
  abandon(): void {
    this.#over.abort();
    this.#live?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ensure(signal?: AbortSignal): Promise<LiveConnection> {
    for (;;) {
      if (signal?.aborted) throw this.#cancelled();
      if (this.#over.signal.aborted)
        throw new MtuiError("host.lost", `The connection to ${this.#options.hostName} is closed.`);
      const live = this.#live;
      if (live?.connected === true) return live;
      const mine = this.#dialing === null;
      this.#dialing ??= this.#dial(signal).finally(() => {
        this.#dialing = null;
      });
      try {
        return await unlessAborted(this.#dialing, { signal });
      } catch (error) {
        const ended = this.#over.signal.aborted;
        // Whoever began it gave up, which is no reason for anybody else.
        if (!ended && (mine || toMtuiError(error).kind !== "request.cancelled")) throw error;
      }
    }
  }

  async #dial(asked?: AbortSignal): Promise<LiveConnection> {
    const { target, settings, hostName, paths, dial } = this.#options;
    const over = this.#over.signal;
    const signal = asked === undefined ? over : AbortSignal.any([asked, over]);
    const route = await unlessAborted(routeTo(target, settings.resolve), { signal });
    const transport = await dial(route, settings, { signal });
    const preamble = controlPreamble(paths);
    try {
      const live = await LiveConnection.open(transport, {
        hostName,
        route,
        preamble,
        perl: paths.perl,
        signal,
      });
      this.#live = live;
      // Given up in the very moment in which it was there.
      if (over.aborted) live.destroy();
      return live;
    } catch (error) {
      throw toMtuiError(error);
    }
  }

  #cancelled(): MtuiError {
    return new MtuiError("request.cancelled", `Connecting to ${this.#options.hostName} was cancelled.`);
  }
}
