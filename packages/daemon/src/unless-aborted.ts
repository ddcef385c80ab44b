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
  const given = Promise.withResolvers<never>();
  let gone = false;
  const giveUp = (): void => {
    gone = true;
    given.reject(cancelled(signal.reason));
  };
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  work.then(
    (value) => {
      if (gone) late?.(value);
    },
    () => undefined,
  );
  try {
    return await Promise.race([given.promise, work]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function cancelled(cause: unknown): MtuiError {
  return new MtuiError("request.cancelled", "The request was cancelled.", { cause });
}
