const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const ends = new Set<() => void>();

/**
 * Call `end` when this process ends by itself, or by one of the usual signals where nobody else listens
 * for it: who does is expected to dispose of the lab in order. Synchronous, because nothing can be
 * awaited there. Returns how to take that back.
 */
export function onEndOfProcess(end: () => void): () => void {
  if (ends.size === 0) listen();
  ends.add(end);
  return () => {
    ends.delete(end);
    if (ends.size === 0) unlisten();
  };
}

function endAll(): void {
  for (const end of ends) end();
  ends.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  unlisten();
  // Die of the signal as if we had not listened, so that whoever waits for us learns why.
  process.kill(process.pid, signal);
}

function listen(): void {
  process.on("exit", endAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", endAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
