import { MtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import { Semaphore } from "../ssh/semaphore.ts";

export interface LookLimits {
  readonly clock: Clock;
  /** Looks at a time. @default 8 */
  readonly parallel?: number;
  /** Milliseconds for one look, from the moment that it has a place. @default 15 000 */
  readonly limitMs?: number;
  /** Questions about one host within this time get one answer. @default 1000 */
  readonly freshMs?: number;
}

interface Look<T> {
  readonly answer: Promise<T>;
  readonly abort: AbortController;
  /** Who still wants to know. */
  askers: number;
}

/**
 * Makes looks at hosts harmless in number and in time: a few at once, each with a limit of its own so
 * that dead hosts give their places back, and one for all who ask about a host within a second. Who
 * gives up takes nothing from the others; a look that nobody wants any more is broken off.
 * @param look ends soon after its signal is aborted
 */
export function limitLooks<T>(
  look: (name: string, signal: AbortSignal) => Promise<T>,
  limits: LookLimits,
): (name: string, options: { key: string; signal?: AbortSignal | undefined }) => Promise<T> {
  const { clock, parallel = 8, limitMs = 15_000, freshMs = 1000 } = limits;
  const places = new Semaphore(parallel);
  const looks = new Map<string, Look<T>>();

  async function begin(name: string, abort: AbortController): Promise<T> {
    const done = await places.acquire(abort.signal);
    const late = Promise.withResolvers<never>();
    const stop = clock.after(limitMs, () => {
      const error = tooLate(name, limitMs);
      late.reject(error);
      abort.abort(error);
    });
    try {
      return await Promise.race([look(name, abort.signal), late.promise]);
    } finally {
      stop();
      done();
    }
  }

  function start(name: string, key: string): Look<T> {
    const abort = new AbortController();
    const answer = begin(name, abort);
    const entry: Look<T> = { answer, abort, askers: 0 };
    const forget = (): void => {
      if (looks.get(key) === entry) looks.delete(key);
    };
    answer.then(() => clock.after(freshMs, forget), forget);
    looks.set(key, entry);
    return entry;
  }

  return async (name, { key, signal }) => {
    if (signal?.aborted) throw givenUp(signal.reason);
    const running = looks.get(key);
    const entry = running === undefined || running.abort.signal.aborted ? start(name, key) : running;
    entry.askers += 1;
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(givenUp(signal?.reason));
    signal?.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([entry.answer, gone.promise]);
    } finally {
      signal?.removeEventListener("abort", leave);
      entry.askers -= 1;
      if (entry.askers === 0 && signal?.aborted) entry.abort.abort(signal.reason);
    }
  };
}

function givenUp(reason: unknown): MtuiError {
  if (reason instanceof MtuiError) return reason;
  return new MtuiError("request.cancelled", "The request was cancelled.", { cause: reason });
}

function tooLate(name: string, ms: number): MtuiError {
  return new MtuiError("host.unreachable", `${name} did not answer within ${ms / 1000} s.`, {
    hint: `Try it by hand: ssh root@${name}`,
    retryable: true,
    data: { host: name },
  });
}
