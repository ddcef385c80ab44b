import type { RemoteShell, ShellSink } from "../../ssh/transport.ts";
import { unlessAborted } from "../../unless-aborted.ts";
import { RunnerChannel, type RunnerRequest } from "./runner-channel.ts";

/** A runner for one command; `free` or `destroy` ends the loan. */
export interface LentRunner {
  start(request: RunnerRequest, sink: ShellSink): void;
  free(): void;
  destroy(): void;
}

/**
 * The one runner of a connection, kept from command to command. Whoever finds it lent, or a host without one, uses a
 * shell.
 */
export class RunnerKeeper {
  readonly #open: () => Promise<RemoteShell>;
  readonly #perl: string;
  #runner: Promise<RunnerChannel | null> | null = null;
  #lent = false;
  /** This host cannot. */
  #none = false;

  constructor(options: { open: () => Promise<RemoteShell>; perl: string }) {
    this.#open = options.open;
    this.#perl = options.perl;
    this.#none = options.perl === "";
  }

  get lent(): boolean {
    return this.#lent;
  }

  /** There may be one that nobody uses. */
  get idle(): boolean {
    return !this.#lent && this.#runner !== null;
  }

  /** A command is about to come. */
  prepare(): void {
    if (!this.#none) this.#runner ??= this.#begin();
  }

  /** @throws MtuiError request.cancelled */
  async lend(signal?: AbortSignal): Promise<LentRunner | null> {
    if (this.#lent) return null;
    this.#lent = true;
    try {
      // One whose process was killed on the host is replaced once.
      for (let tries = 0; tries < 2; tries += 1) {
        this.prepare();
        const runner = await unlessAborted(this.#runner ?? Promise.resolve(null), { signal });
        if (runner === null) break;
        if (runner.open) return this.#loan(runner);
        this.#runner = null;
      }
    } catch (error) {
      this.#lent = false;
      throw error;
    }
    this.#lent = false;
    return null;
  }

  /** For a host that has no channel left for anything else. @returns whether nobody uses one now */
  async giveWay(): Promise<boolean> {
    if (this.#lent) return false;
    this.#none = true;
    const runner = await this.#runner;
    this.#runner = null;
    runner?.destroy();
    return true;
  }

  #loan(runner: RunnerChannel): LentRunner {
    return {
      start: (request, sink) => runner.start(request, sink),
      free: () => {
        runner.free();
        this.#lent = false;
      },
      destroy: () => {
        runner.destroy();
        this.#runner = null;
        this.#lent = false;
      },
    };
  }

  /** Failing to have one is no failure: there is the shell. */
  async #begin(): Promise<RunnerChannel | null> {
    const runner = await this.#open().then(
      async (shell) => await RunnerChannel.begin(shell, { perl: this.#perl }),
      () => null,
    );
    this.#none ||= runner === null;
    return runner;
  }
}
