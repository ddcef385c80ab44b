import type { Io } from "../terminal/io.ts";

export type OnInterrupt = "ask" | "detach" | "cancel";

export interface InterruptOptions {
  readonly io: Io;
  /** What the person chose beforehand; absent: ask where one can be asked, else detach. */
  readonly choice: OnInterrupt | undefined;
  readonly ids: readonly string[];
  /** Ask the daemon to end the jobs. */
  readonly cancel: () => Promise<void>;
  readonly say: (line: string) => void;
  /** Around the question, when the terminal is the person's. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * Ctrl-C while jobs are followed. The jobs are the daemon's and go on without us, so the first one is
 * a question: leave them running or cancel them. Cancelling is followed to its end. The second Ctrl-C
 * leaves in any case.
 */
export class Interrupts implements Disposable {
  /** Aborted when the client is to leave. */
  readonly signal: AbortSignal;
  readonly #options: InterruptOptions;
  readonly #abort = new AbortController();
  readonly #subscription: Disposable;
  readonly #asking = new AbortController();
  #count = 0;
  /** The cursor is behind the question. */
  #open = false;

  constructor(options: InterruptOptions) {
    this.#options = options;
    this.signal = this.#abort.signal;
    this.#subscription = options.io.onInterrupt(() => this.#onInterrupt());
  }

  /** Was there one at all? Then the exit code is 130. */
  get happened(): boolean {
    return this.#count > 0;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#unasked();
  }

  #onInterrupt(): void {
    this.#count++;
    if (this.#count > 1) this.#leave();
    else void this.#decide();
  }

  async #decide(): Promise<void> {
    const { io, choice } = this.#options;
    const what = choice ?? (io.interactive ? "ask" : "detach");
    const answer = what === "ask" ? await this.#ask() : what;
    if (this.signal.aborted) return;
    if (answer === "detach") this.#leave();
    else await this.#cancel();
  }

  async #ask(): Promise<"detach" | "cancel"> {
    const { io, pause, resume, ids } = this.#options;
    pause();
    const what = ids.length === 1 ? "The job" : `The ${ids.length} jobs`;
    io.err.write(`\n${what} can go on without this terminal. [l]eave running or [c]ancel? `);
    this.#open = true;
    const line = io.interactive ? await io.readLine(this.#asking.signal) : null;
    if (line === null) this.#unasked();
    this.#open = false;
    resume();
    return line?.toLowerCase().startsWith("c") ? "cancel" : "detach";
  }

  async #cancel(): Promise<void> {
    const { say, cancel } = this.#options;
    say("Cancelling; Ctrl-C again leaves while that goes on.");
    try {
      await cancel();
    } catch (error) {
      say(`Could not cancel: ${error instanceof Error ? error.message : String(error)}`);
      this.#leave();
    }
  }

  #leave(): void {
    this.#unasked();
    this.#abort.abort();
  }

  /** Nobody answers any more; what comes next has a line of its own. */
  #unasked(): void {
    if (this.#open) this.#options.io.err.write("\n");
    this.#open = false;
    this.#asking.abort();
  }
}
