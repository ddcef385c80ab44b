import { MtuiError } from "@mtui/core/protocol";

/**
 * The work's answer; or, when the signal fires first, a throw at once. The work is then left to itself, so
 * this is for what ends by itself or is ended elsewhere.
 * @param options.late gets an answer that came when nobody waited for it any more
 * @throws MtuiError request.cancelled, and as the work
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  { signal, late }: { signal: AbortSignal | undefined; late?: (value: T) => void },
): Promise<T> {
  if (signal === undefined) return await work;
  const answer = Promise.withResolvers<T>();
  let gone = false;
  const giveUp = (): void => {
    gone = true;
    answer.reject(cancelled(signal.reason));
  };
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  // What goes to `late` goes nowhere else, also when both come in the same moment.
  work.then((value) => (gone ? late?.(value) : answer.resolve(value)), answer.reject);
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function cancelled(cause: unknown): MtuiError {
  return new MtuiError("request.cancelled", "The request was cancelled.", { cause });
}
