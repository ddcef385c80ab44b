/** What the platform's timers can hold; an alarm that rings early is just set again. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The arbiter's one timer. */
export class Alarm {
  readonly #now: () => number;
  readonly #after: (ms: number, run: () => void) => () => void;
  #armed: { at: number; stop: () => void } | null = null;

  constructor(options: { now: () => number; after: (ms: number, run: () => void) => () => void }) {
    this.#now = options.now;
    this.#after = options.after;
  }

  /** Rings once at this moment in place of any other; `Infinity` = not at all. */
  set(at: number, ring: () => void): void {
    if (this.#armed?.at === at) return;
    this.stop();
    if (at === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(0, at - this.#now()), LONGEST_TIMER);
    const stop = this.#after(ms, () => {
      this.#armed = null;
      ring();
    });
    this.#armed = { at, stop };
  }

  stop(): void {
    this.#armed?.stop();
    this.#armed = null;
  }
}
