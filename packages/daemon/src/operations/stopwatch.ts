/** How long each step took, in seconds, in order. */
export interface Stopwatch {
  readonly steps: { step: string; seconds: number }[];
  time: <T>(step: string, run: () => Promise<T>) => Promise<T>;
  /** Seconds since it was made. */
  total: () => number;
}

/** @param now milliseconds */
export function stopwatch(now: () => number): Stopwatch {
  const begun = now();
  const steps: Stopwatch["steps"] = [];
  return {
    steps,
    async time(step, run) {
      const started = now();
      try {
        return await run();
      } finally {
        steps.push({ step, seconds: (now() - started) / 1000 });
      }
    },
    total: () => (now() - begun) / 1000,
  };
}
