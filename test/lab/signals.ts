const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Call `end` when this process ends by itself or by one of the usual signals; synchronous, because
 * nothing can be awaited there. Returns how to take that back. The process still ends by the signal
 * unless somebody else listens for it too.
 */
export function onEndOfProcess(end: () => void): () => void {
  let done = false;
  const once = () => {
    if (!done) end();
    done = true;
  };
  const bySignal = new Map(
    SIGNALS.map((signal) => {
      const handler = () => {
        forget();
        once();
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      };
      return [signal, handler] as const;
    }),
  );
  const forget = () => {
    process.off("exit", once);
    for (const [signal, handler] of bySignal) process.off(signal, handler);
  };
  process.on("exit", once);
  for (const [signal, handler] of bySignal) process.on(signal, handler);
  return forget;
}
