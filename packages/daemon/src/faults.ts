import type { EventEmitter } from "node:events";

/**
 * What nobody caught is a fault of ours, after which nothing in memory can be relied on. It must not
 * end the process on the spot, because then every lock on every host would stay: `tell` begins the
 * orderly end. @returns how to stop listening
 */
export function onFaults(source: EventEmitter, tell: (fault: Error) => void): () => void {
  const listener = (thrown: unknown): void =>
    tell(thrown instanceof Error ? thrown : new Error(String(thrown)));
  const events = ["uncaughtException", "unhandledRejection"];
  for (const event of events) source.on(event, listener);
  return () => {
    for (const event of events) source.off(event, listener);
  };
}
