import type { DaemonClient } from "@mtui/core/client";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import { LIMITS, type Limits } from "../limits.ts";
import { Connection } from "./connection.ts";

export interface LinkCall {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** May the same call be sent twice without doing anything twice? */
  readonly repeatable: boolean;
  /** Makes a call repeatable that is not so by itself, where the daemon remembers keys. */
  readonly key?: string;
  /** For all of it, dialling included; default: none. */
  readonly timeoutMs?: number;
  /** Asked of a daemon that is there: none is started for it, and a loss is told at once instead of asked around. */
  readonly passive?: boolean;
}

export interface Dial {
  /** Without `start`, a daemon that does not run is not started. */
  (options: { start: boolean }): Promise<DaemonClient>;
}

export interface LinkOptions {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly limits?: Limits;
}

interface Dialled {
  readonly connecting: Promise<Connection>;
  /** Once it stands. */
  connection: Connection | null;
}

/** Of a daemon that has not said yet how much of a result it wants to be shown. */
const REPLY_BYTES = 20_000;

/**
 * The one conversation of this server with the daemon, whichever daemon that is. It is dialled by the
 * first call and again by the call after a loss; a daemon that is gone never ends the server. A call that
 * was under way when the connection broke is sent once more where that is safe, else its caller is told.
 */
export class DaemonLink implements AsyncDisposable {
  readonly #options: LinkOptions & { limits: Limits };
  #current: Dialled | null = null;
  #last: Connection | null = null;
  #connections = 0;
  #closed = false;
  #stopLooking: () => void = () => {};

  constructor(options: LinkOptions) {
    this.#options = { limits: LIMITS, ...options };
  }

  /** The namespace that the daemon gave us; null before the first call. */
  get namespace(): string | null {
    return this.#last?.hello.namespace ?? null;
  }

  /** Counts the connections so far: whoever reads on by a cursor begins anew on another one. */
  get connections(): number {
    return this.#connections;
  }

  /** How much of a result the daemon's person wants agents to be shown. */
  get replyBytes(): number {
    return this.#last?.hello.reply_bytes ?? REPLY_BYTES;
  }

  /** @throws MtuiError what the daemon answers, why there is none, `request.timeout`, `request.cancelled` */
  async call(call: LinkCall): Promise<unknown> {
    const late = new AbortController();
    const { timeoutMs } = call;
    const stop =
      timeoutMs === undefined
        ? (): void => {}
        : this.#options.clock.after(timeoutMs, () => late.abort(timedOut(call.method, timeoutMs)));
    try {
      return await this.#twice({ ...call, signal: AbortSignal.any([call.signal, late.signal]) });
    } finally {
      stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#stopLooking();
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    await current.connecting.then((connection) => connection.close()).catch(() => {});
  }

  async #twice(call: LinkCall): Promise<unknown> {
    const first = await this.#connection(call.signal, { start: call.passive !== true });
    let loss: MtuiError;
    try {
      return await first.call(call);
    } catch (thrown) {
      loss = toMtuiError(thrown);
      // What cannot be understood may have been meant for all calls of the connection.
      if (loss.kind === "internal") this.#forget(first);
      if (!isLoss(loss)) throw loss;
      this.#forget(first);
      if (call.passive === true) throw loss;
      if (first.hung || call.signal.aborted || this.#closed)
        throw call.repeatable ? loss : unsure(loss, call.method);
    }
    if (!call.repeatable && call.key === undefined) throw unsure(loss, call.method);
    const second = await this.#connection(call.signal, { start: true }).catch((thrown: unknown) => {
      const error = toMtuiError(thrown);
      throw call.repeatable || !isLoss(error) ? error : unsure(error, call.method);
    });
    // One that knows no keys would do it again; what the first one refused it has not done.
    const safe = call.repeatable || loss.kind === "daemon.stopping" || knowKeys(first, second);
    if (!safe) throw unsure(loss, call.method);
    return second.call(call).catch((thrown: unknown) => {
      const error = toMtuiError(thrown);
      throw isLoss(error) && !call.repeatable ? unsure(error, call.method) : error;
    });
  }

  /** The connection that there is, or a new one; several callers share it. */
  async #connection(signal: AbortSignal, { start }: { start: boolean }): Promise<Connection> {
    if (signal.aborted) throw cancelled(signal);
    if (start) this.#current ??= this.#adopt(this.#dial(true));
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(cancelled(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.#current?.connecting ?? this.#join(), promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #dial(start: boolean): Promise<Connection> {
    const { dial, clock, limits } = this.#options;
    return new Connection(await dial({ start }), { clock, limits });
  }

  #adopt(connecting: Promise<Connection>): Dialled {
    const dialled: Dialled = { connecting, connection: null };
    const forget = (): void => {
      if (this.#current === dialled) this.#current = null;
    };
    connecting.then((connection) => {
      if (this.#closed) return void connection.close();
      dialled.connection = connection;
      this.#last = connection;
      this.#connections++;
      this.#stopLooking();
      return connection.ended.then(() => {
        forget();
        if (!this.#closed && this.#current === null) this.#look();
      });
    }, forget);
    return dialled;
  }

  /**
   * After a loss, look now and then whether there is a daemon again, and start none: an agent that
   * thinks for a while does not lose its hosts because the daemon was replaced meanwhile.
   */
  #look(): void {
    this.#stopLooking();
    this.#stopLooking = this.#options.clock.after(this.#options.limits.beatMs, () => {
      this.#join().then(
        (connection) => connection.sign(),
        () => {
          if (!this.#closed && this.#current === null) this.#look();
        },
      );
    });
  }

  /** A daemon that runs; a call that dials meanwhile, and may start one, is not made to wait for this. */
  async #join(): Promise<Connection> {
    const connection = await this.#dial(false);
    if (!this.#closed && this.#current === null) this.#current = this.#adopt(Promise.resolve(connection));
    else void connection.close();
    if (this.#current === null) throw unreachable();
    return this.#current.connecting;
  }

  #forget(connection: Connection): void {
    if (this.#current?.connection === connection) this.#current = null;
    connection.retire();
  }
}

function knowKeys(first: Connection, second: Connection): boolean {
  return first.has("idempotency") && second.has("idempotency");
}

/**
 * Is this an error after which another connection is needed to go on? One of the protocol means that the two
 * ends do not understand each other any more; whoever is still answered on the old one gets that answer.
 */
function isLoss({ kind }: MtuiError): boolean {
  return kind === "daemon.unreachable" || kind === "daemon.stopping" || kind.startsWith("protocol.");
}

function unreachable(): MtuiError {
  return new MtuiError("daemon.unreachable", "There is no conversation with mtuid any more.");
}

function cancelled(signal: AbortSignal): MtuiError {
  if (signal.reason instanceof MtuiError) return signal.reason;
  return new MtuiError("request.cancelled", "The call was cancelled.");
}

function timedOut(method: string, ms: number): MtuiError {
  return new MtuiError("request.timeout", `mtuid did not finish ${method} within ${ms / 1000} s.`, {
    retryable: true,
    data: { method, timeout_ms: ms },
  });
}

/** The connection broke before the answer came. */
function unsure(loss: MtuiError, method: string): MtuiError {
  return new MtuiError(loss.kind, `${loss.message} Whether ${method} was carried out is not known.`, {
    cause: loss,
    retryable: false,
    hint: "Look before you repeat it: list_workspaces, list_hosts and job_list show what there is.",
    ...(loss.data === undefined ? {} : { data: loss.data }),
  });
}
