import { MtuiError } from "@mtui/core/protocol";
import { unlessAborted } from "../unless-aborted.ts";
import { ControlShell, type RemoteShell, type SshTarget, type Transport } from "../ssh/index.ts";
import { type LentRunner, RunnerKeeper } from "./durable/runner-keeper.ts";

const WARM_MS = 100;

export interface LiveOptions {
  readonly hostName: string;
  /** The control shell's first words. */
  readonly preamble: string;
  /** The perl of a host that has one; "" for none. */
  readonly perl: string;
  /** Every machine on the way, the host last, as ssh_config said when it was dialled. */
  readonly route: readonly SshTarget[];
}

/**
 * One connection that stands, with what is kept open on it: the control shell, the runner of changes from the first one
 * on, and one shell that has already started, so that the next command does not wait for it. It never connects again;
 * `HostLink` makes another one.
 */
export class LiveConnection {
  readonly route: readonly SshTarget[];
  readonly #transport: Transport;
  readonly #options: LiveOptions;
  #control: Promise<ControlShell>;
  #shell: ControlShell | null = null;
  #warm: Promise<RemoteShell | null>;
  readonly #runners: RunnerKeeper;
  /** Shells that commands were given; the closed ones are dropped when the next one is given. */
  #lent: RemoteShell[] = [];
  #warming: NodeJS.Timeout | undefined;

  private constructor(transport: Transport, options: LiveOptions) {
    this.route = options.route;
    this.#transport = transport;
    this.#options = options;
    this.#control = this.#openControl();
    this.#warm = startWarm(transport);
    this.#runners = new RunnerKeeper({
      open: async () => await transport.openShell({ once: true }),
      perl: options.perl,
    });
  }

  /**
   * Owns the transport from now on, also when it fails.
   * @throws MtuiError host.lost, host.unsupported, request.cancelled
   */
  static async open(
    transport: Transport,
    { signal, ...options }: LiveOptions & { signal?: AbortSignal },
  ): Promise<LiveConnection> {
    const live = new LiveConnection(transport, options);
    try {
      await unlessAborted(live.#control, { signal });
      return live;
    } catch (error) {
      live.destroy();
      throw error;
    }
  }

  get connected(): boolean {
    return this.#transport.connected;
  }

  /** Resolves when the connection is gone, whoever ended it. */
  get gone(): Promise<unknown> {
    return this.#transport.closed;
  }

  /** Is no command's shell open on it? A step of the control shell may be under way: what comes later runs later. */
  get quiet(): boolean {
    const idle = !this.#runners.lent && !this.#lent.some((shell) => shell.open);
    return this.connected && this.#shell?.open === true && idle;
  }

  /** @throws MtuiError host.lost, host.unsupported */
  async control(): Promise<ControlShell> {
    const shell = await this.#control;
    if (shell.open || !this.connected) return shell;
    this.#control = this.#openControl();
    return await this.#control;
  }

  /** A fresh shell for one command. @throws MtuiError host.lost, request.cancelled */
  async shell(signal?: AbortSignal): Promise<RemoteShell> {
    const warm = this.#warm;
    this.#warm = Promise.resolve(null);
    const ready = await unlessAborted(warm, { signal, late: (shell) => shell?.destroy() });
    const shell = ready?.open === true ? ready : await this.#openShell(signal);
    this.#lent = [...this.#lent.filter((each) => each.open), shell];
    return shell;
  }

  /** A change is about to come. */
  expectChange(): void {
    this.#runners.prepare();
  }

  /** Null where a shell is to be used instead. @throws MtuiError request.cancelled */
  async runner(signal?: AbortSignal): Promise<LentRunner | null> {
    return await this.#runners.lend(signal);
  }

  /**
   * Start the next warm shell a moment after a command is over: not while the same command may still
   * run on other hosts of this machine or of a small network.
   */
  rewarm(): void {
    clearTimeout(this.#warming);
    this.#warming = setTimeout(() => {
      if (!this.connected) return;
      this.#warm = this.#warm.then(async (shell) =>
        shell?.open === true ? shell : await startWarm(this.#transport),
      );
    }, WARM_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#warming);
    await this.#transport.close();
  }

  /** At once: whatever waits for an answer fails. */
  destroy(): void {
    clearTimeout(this.#warming);
    this.#transport.destroy();
  }

  /** On a host that allows only a few sessions, the runner's goes first. */
  async #openShell(signal: AbortSignal | undefined): Promise<RemoteShell> {
    const options = signal === undefined ? {} : { signal };
    try {
      return await this.#transport.openShell({ ...options, once: this.#runners.idle });
    } catch (error) {
      const refused = error instanceof MtuiError && error.kind === "host.unsupported";
      if (!refused || !(await this.#runners.giveWay())) throw error;
      return await this.#transport.openShell(options);
    }
  }

  #openControl(): Promise<ControlShell> {
    const opening = this.#transport.openShell({ reserved: true }).then((shell) => {
      this.#shell = new ControlShell(shell, this.#options);
      return this.#shell;
    });
    opening.catch(() => undefined);
    return opening;
  }
}

/** Failing to warm up is no failure: the command opens its own shell and reports. */
async function startWarm(transport: Transport): Promise<RemoteShell | null> {
  return await transport.openShell().catch(() => null);
}
