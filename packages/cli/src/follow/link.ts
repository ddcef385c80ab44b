import type { DaemonClient } from "@mtui/core/client";
import { type MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import { pause } from "@mtui/core/clock";

/** Milliseconds in which a daemon that was told to stop may be back, when somebody else starts it. */
const COMES_BACK_MS = 15_000;
const RETRY_MS = 500;
/** Times that a daemon that died is started again in a row. */
const STARTS = 3;

export interface LinkOptions {
  readonly client: DaemonClient;
  readonly dial: (options: { start: boolean }) => Promise<DaemonClient>;
  readonly clock: Clock;
}

/**
 * A conversation with the daemon that outlives a daemon: where it has died it is started again, and jobs go
 * on. One that was told to stop is only waited for, because somebody wanted it gone.
 */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  #client: DaemonClient;
  #say: (line: string) => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  get client(): DaemonClient {
    return this.#client;
  }

  /** Who tells the person that a connection is lost and made again. */
  onSay(say: (line: string) => void): void {
    this.#say = say;
  }

  /** Is this an error after which there may be another daemon to go on with? */
  static isLoss(error: MtuiError): boolean {
    return error.kind === "daemon.unreachable" || error.kind === "daemon.stopping";
  }

  /**
   * @param lost the error that ended the conversation
   * @returns whether it is another life of the daemon that answers
   * @throws MtuiError the loss itself, when there is no daemon to go on with
   */
  async again(lost: MtuiError, signal: AbortSignal): Promise<boolean> {
    const { dial, clock } = this.#options;
    const say = this.#say;
    const stopped = lost.kind === "daemon.stopping";
    say(
      stopped
        ? "mtuid stops; waiting for it to come back."
        : "The connection to mtuid is lost; connecting again.",
    );
    const former = this.#client;
    const until = clock.now() + COMES_BACK_MS;
    if (stopped) await Promise.race([former.closed, pause(clock, { ms: COMES_BACK_MS, signal })]);
    await former[Symbol.asyncDispose]();
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        this.#client = await dial({ start: !stopped });
        say("Connected again.");
        const [now, before] = [this.#client.hello, former.hello];
        return now.pid !== before.pid || now.started_at !== before.started_at;
      } catch (thrown) {
        if (!Link.isLoss(toMtuiError(thrown))) throw thrown;
        if (stopped ? clock.now() >= until : tries >= STARTS) throw lost;
      }
      await pause(clock, { ms: RETRY_MS, signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
