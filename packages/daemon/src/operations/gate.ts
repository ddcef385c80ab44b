import { MtuiError } from "@mtui/core/protocol";

/** Lets so many in at once, first come first served; a waiter that is aborted leaves its place. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(work: () => Promise<T>, { signal }: { signal: AbortSignal }): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    while (this.#free === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const enter = (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(enter), 1);
          reject(
            signal.reason instanceof Error ? signal.reason : new MtuiError("request.cancelled", "Cancelled."),
          );
        };
        this.#waiting.push(enter);
        signal.addEventListener("abort", leave, { once: true });
      });
    }
    this.#free--;
  }
}
