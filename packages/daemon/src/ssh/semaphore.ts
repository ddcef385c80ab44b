import { MtuiError } from "@mtui/core/protocol";

/** Gives a place back; calling it again does nothing. */
export type Permit = () => void;

interface Waiter {
  grant(permit: Permit): void;
}

/**
 * Counting semaphore, first come first served. A waiter that gives up leaves the queue and takes
 * nothing with it; a permit is returned at most once whoever calls it.
 */
export class Semaphore {
  readonly #size: number;
  readonly #queue = new Set<Waiter>();
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  async acquire(signal?: AbortSignal): Promise<Permit> {
    if (signal?.aborted) throw cancelled();
    if (this.#used < this.#size && this.#queue.size === 0) return this.#take();
    return await new Promise<Permit>((resolve, reject) => {
      const waiter: Waiter = {
        grant: (permit) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(permit);
        },
      };
      const onAbort = (): void => {
        this.#queue.delete(waiter);
        reject(cancelled());
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue.add(waiter);
    });
  }

  #take(): Permit {
    this.#used += 1;
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      this.#used -= 1;
      const [next] = this.#queue;
      if (next === undefined) return;
      this.#queue.delete(next);
      next.grant(this.#take());
    };
  }
}

function cancelled(): MtuiError {
  return new MtuiError("request.cancelled", "Cancelled while waiting for a free channel.");
}
