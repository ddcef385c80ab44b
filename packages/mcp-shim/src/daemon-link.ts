import type { DaemonClient } from "@mtui/core/client";
import { toMtuiError } from "@mtui/core/protocol";

export interface CallRequest {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** May the same call be sent twice without doing anything twice? */
  readonly repeatable: boolean;
}

/**
 * The one connection of this server to the daemon. It is dialled by the first call and again by the
 * call after a loss; a daemon that is gone never ends the server. A call that was under way when the
 * connection broke is repeated once where that is safe, else its caller is told.
 */
export class DaemonLink implements AsyncDisposable {
  readonly #dial: () => Promise<DaemonClient>;
  #current: Promise<DaemonClient> | null = null;
  #closed = false;

  constructor(dial: () => Promise<DaemonClient>) {
    this.#dial = dial;
  }

  /** @throws MtuiError what the daemon answers, or why there is none */
  async call({ method, params, signal, repeatable }: CallRequest): Promise<unknown> {
    const client = await this.#client();
    try {
      return await client.call(method, params, { signal });
    } catch (thrown) {
      const error = toMtuiError(thrown);
      if (error.kind !== "daemon.unreachable" || !repeatable || signal.aborted || this.#closed) throw error;
    }
    await client.closed;
    return (await this.#client()).call(method, params, { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    await current.then((client) => client[Symbol.asyncDispose]()).catch(() => {});
  }

  #client(): Promise<DaemonClient> {
    this.#current ??= this.#connect();
    return this.#current;
  }

  #connect(): Promise<DaemonClient> {
    const connecting = this.#dial();
    const forget = (): void => {
      if (this.#current === connecting) this.#current = null;
    };
    connecting.then((client) => client.closed.then(forget, forget), forget);
    return connecting;
  }
}
