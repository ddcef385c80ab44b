import type { Clock } from "../terminal/io.ts";

/** Resolves after `ms`, or at once when the signal fires. */
export function pause(clock: Clock, { ms, signal }: { ms: number; signal: AbortSignal }): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      stop();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const stop = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}
