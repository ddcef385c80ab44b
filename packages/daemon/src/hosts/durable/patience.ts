export interface Patience {
  /** Fires when it has been too long. */
  readonly late: AbortSignal;
  readonly done: () => void;
}

/**
 * How long a broken link may take to stand again.
 * @param until by `performance.now`
 * @param options.sooner another time, once it is known that somebody waits; null for none
 */
export function patience(until: number, { sooner }: { sooner: Promise<number | null> }): Patience {
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let waiting = true;
  const at = (then: number): void => {
    const ms = then - performance.now();
    if (ms <= 0) over.abort();
    else timers.push(setTimeout(() => over.abort(), ms).unref());
  };
  at(until);
  void sooner.then((then) => {
    if (waiting && then !== null) at(then);
  });
  const done = (): void => {
    waiting = false;
    for (const timer of timers) clearTimeout(timer);
  };
  return { late: over.signal, done };
}
