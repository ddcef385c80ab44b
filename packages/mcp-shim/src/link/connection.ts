import type { DaemonClient, HelloReply } from "@mtui/core/client";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface ConnectionCall {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** Asked again under the same key, the daemon gives the answer of the first time. */
  readonly key?: string | undefined;
}

/**
 * One connection to one daemon, watched. A daemon that is stopped or stuck keeps its socket open, so its
 * silence is the only sign: while calls are under way it is asked for something light now and then, and
 * one that does not answer that in time is `hung`: all calls fail, and the connection is of no more use.
 */
export class Connection {
  readonly hello: HelloReply;
  /** Settles when it is of no more use, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #client: DaemonClient;
  readonly #options: ConnectionOptions;
  readonly #hung = new AbortController();
  readonly #closed: Promise<void>;
  #inFlight = 0;
  #retired = false;
  #stopWatching: () => void = () => {};
  #stopBeating: () => void = () => {};

  constructor(client: DaemonClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    this.hello = client.hello;
    const hung = Promise.withResolvers<void>();
    this.#hung.signal.addEventListener("abort", () => hung.resolve(), { once: true });
    this.#closed = client.closed.then(
      () => undefined,
      () => undefined,
    );
    this.ended = Promise.race([this.#closed, hung.promise]).finally(() => {
      this.#stopWatching();
      this.#stopBeating();
    });
    this.#beat();
  }

  get hung(): boolean {
    return this.#hung.signal.aborted;
  }

  has(feature: string): boolean {
    return this.hello.features.includes(feature);
  }

  /** @throws MtuiError what the daemon answers, `daemon.unreachable` when it is lost or hung */
  async call({ method, params, signal, key }: ConnectionCall): Promise<unknown> {
    this.#inFlight++;
    if (this.#inFlight === 1) this.#watch();
    try {
      return await this.#client.call(method, params, {
        signal: AbortSignal.any([signal, this.#hung.signal]),
        ...(key === undefined || !this.has("idempotency") ? {} : { idempotencyKey: key }),
      });
    } catch (thrown) {
      if (this.hung) throw this.#hung.signal.reason;
      if (signal.aborted && signal.reason instanceof MtuiError) throw signal.reason;
      throw toMtuiError(thrown);
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#stopWatching();
      this.#closeIfRetired();
    }
  }

  /** The first heartbeat of a connection that nobody's call has made. */
  async sign(): Promise<void> {
    await this.#askForASign();
  }

  /** No more calls come; those under way may still get their answers. */
  retire(): void {
    this.#retired = true;
    this.#closeIfRetired();
  }

  async close(): Promise<void> {
    this.#stopWatching();
    this.#stopBeating();
    await this.#client[Symbol.asyncDispose]();
  }

  #closeIfRetired(): void {
    if (this.#retired && this.#inFlight === 0) void this.close();
  }

  #watch(): void {
    this.#stopWatching = this.#options.clock.after(this.#options.limits.quietMs, () => {
      void this.#askForASign().then(() => {
        if (this.#inFlight > 0 && !this.hung) this.#watch();
      });
    });
  }

  /** Also without calls: the workspaces of this client keep their hosts by it. */
  #beat(): void {
    this.#stopBeating = this.#options.clock.after(this.#options.limits.beatMs, () => {
      void this.#askForASign().then(() => {
        if (!this.hung) this.#beat();
      });
    });
  }

  /** Whatever it answers, an error too, it is alive. */
  async #askForASign(): Promise<void> {
    const { clock, limits } = this.#options;
    const late = new AbortController();
    const stop = clock.after(limits.signMs, () => late.abort());
    const method = this.has("heartbeat") ? "heartbeat" : "whoami";
    try {
      await this.#client.call(method, {}, { signal: late.signal });
    } catch {
      if (late.signal.aborted) this.#giveUp();
    } finally {
      stop();
    }
  }

  #giveUp(): void {
    const seconds = this.#options.limits.signMs / 1000;
    const message = `mtuid (pid ${this.hello.pid}) is there but has not given a sign of life for ${seconds} s.`;
    this.#hung.abort(
      new MtuiError("daemon.unreachable", message, {
        retryable: true,
        hint: "Ask again later. If it stays so, a person has to end it: mtuictl daemon stop --force",
        data: { pid: this.hello.pid, hung: true },
      }),
    );
    void this.close();
  }
}
