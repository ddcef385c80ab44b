import type { MtuiError } from "@mtui/core/protocol";

/**
 * A workspace's mutations run here one after another, in the order in which they came. A waiter
 * that is aborted leaves its place at once and holds up nobody behind it.
 */
export class Lane {
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;

  /** How many mutations run or wait. */
  get pending(): number {
    return this.#pending;
  }

  async run<T>(work: () => Promise<T>, options: { signal?: AbortSignal } = {}): Promise<T> {
    const { signal } = options;
    const turn = this.#tail;
    const done = Promise.withResolvers<void>();
    this.#tail = turn.then(() => done.promise);
    this.#pending++;
    try {
      await abortable(turn, signal);
      return await work();
    } finally {
      this.#pending--;
      done.resolve();
    }
  }
}

function abortable(turn: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return turn;
  const reason = (): MtuiError | Error => signal.reason as MtuiError | Error;
  if (signal.aborted) return Promise.reject(reason());
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reason());
    signal.addEventListener("abort", onAbort, { once: true });
    void turn.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
