import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import {
  ControlShell,
  type ControlAnswer,
  dial,
  type DialSettings,
  type GroupMember,
  type RemoteShell,
  shellQuote,
  type SshTarget,
  type Transport,
} from "../ssh/index.ts";
import { Claim } from "../arbiter/claim.ts";
import { type Grant, Probe } from "./grant.ts";
import { controlPreamble } from "./lock-script.ts";
import type { RemotePaths } from "./remote-paths.ts";

const WARM_MS = 100;

export interface LinkOptions {
  readonly target: SshTarget;
  readonly settings: DialSettings;
  readonly paths: RemotePaths;
  /** The name for people. */
  readonly hostName: string;
}

interface Live {
  readonly transport: Transport;
  control: Promise<ControlShell>;
  /** A shell that has already started, so that the next command does not wait for it. */
  warm: Promise<RemoteShell | null>;
}

/**
 * The one connection of a host and what is kept open on it: the control shell and one warm shell. A
 * connection that broke is made again by the next thing that needs it, once, and shared by all who
 * need it at that moment.
 */
export class HostLink implements AsyncDisposable {
  readonly #options: LinkOptions;
  #live: Live | null = null;
  #dialing: Promise<Live> | null = null;
  #closed = false;
  #warming: NodeJS.Timeout | undefined;

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
    await link.ready(options.signal);
    return link;
  }

  get connected(): boolean {
    return this.#live?.transport.connected === true;
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
    let shell = await live.control;
    if (!shell.open && live.transport.connected) {
      live.control = this.#openControl(live.transport);
      shell = await live.control;
    }
    return await shell.request(script, options);
  }

  /** A fresh shell for one command. @throws MtuiError host.lost, request.cancelled, and as `open` */
  async shell(signal?: AbortSignal): Promise<RemoteShell> {
    const live = await this.#ensure(signal);
    const warm = await this.#takeWarm(live);
    if (warm !== null) return warm;
    return await live.transport.openShell(signal === undefined ? {} : { signal });
  }

  /**
   * Start the next warm shell a moment after a command is over: not while the same command may still
   * run on other hosts of this machine or of a small network.
   */
  rewarm(): void {
    clearTimeout(this.#warming);
    this.#warming = setTimeout(() => this.#rewarm(), WARM_MS).unref();
  }

  #rewarm(): void {
    const live = this.#live;
    if (live === null || !live.transport.connected || this.#closed) return;
    live.warm = live.warm.then(async (shell) =>
      shell?.open === true ? shell : await startWarm(live.transport),
    );
  }

  async #takeWarm(live: Live): Promise<RemoteShell | null> {
    const promise = live.warm;
    live.warm = Promise.resolve(null);
    const shell = await promise;
    return shell?.open === true ? shell : null;
  }

  /** Signals a process group. @throws MtuiError host.lost */
  async signal(group: number, name: "TERM" | "KILL"): Promise<void> {
    await this.control(`kill -${name} -${group}`);
  }

  async alive(group: number): Promise<boolean> {
    const { status } = await this.control(`kill -0 -${group}`);
    return status === 0;
  }

  /** Processes of a group by the kernel's names; none on a host without `pgrep`. @throws MtuiError host.lost */
  async members(group: number, names: readonly string[]): Promise<GroupMember[]> {
    const { output } = await this.control(`pgrep -l -g ${group} -x ${shellQuote(names.join("|"))}`);
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
    await this.control(`kill -TERM ${pids.join(" ")}`);
  }

  /** Forget the connection, as after a reboot; the next use makes a new one. */
  async drop(): Promise<void> {
    const live = this.#live;
    this.#live = null;
    await live?.transport.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#warming);
    await this.#dialing?.catch(() => undefined);
    await this.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ensure(signal?: AbortSignal): Promise<Live> {
    for (;;) {
      if (this.#closed)
        throw new MtuiError("host.lost", `The connection to ${this.#options.hostName} is closed.`);
      const live = this.#live;
      if (live?.transport.connected === true) return live;
      const mine = this.#dialing === null;
      this.#dialing ??= this.#dial(signal).finally(() => {
        this.#dialing = null;
      });
      try {
        return await this.#dialing;
      } catch (error) {
        // Whoever began it gave up, which is no reason for anybody else.
        if (mine || signal?.aborted || toMtuiError(error).kind !== "request.cancelled") throw error;
      }
    }
  }

  async #dial(signal?: AbortSignal): Promise<Live> {
    const { target, settings } = this.#options;
    const transport = await dial(target, settings, signal === undefined ? {} : { signal });
    try {
      const control = this.#openControl(transport);
      control.catch(() => undefined);
      const live: Live = { transport, control, warm: startWarm(transport) };
      await control;
      this.#live = live;
      return live;
    } catch (error) {
      await transport.close();
      throw toMtuiError(error);
    }
  }

  async #openControl(transport: Transport): Promise<ControlShell> {
    const shell = await transport.openShell({ reserved: true });
    return new ControlShell(shell, {
      hostName: this.#options.hostName,
      preamble: controlPreamble(this.#options.paths),
    });
  }
}

/** Failing to warm up is no failure: the command opens its own shell and reports. */
async function startWarm(transport: Transport): Promise<RemoteShell | null> {
  return await transport.openShell().catch(() => null);
}
