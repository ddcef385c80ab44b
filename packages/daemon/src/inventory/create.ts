import { type Config, places } from "@mtui/core/config";
import type { Found } from "./load-file.ts";
import { resolveInventory } from "./resolve.ts";

/**
 * The inventory as the operations ask for it: read anew on each query, and only once for queries that
 * come while it is being read. A caller that is cancelled leaves the reading to the others.
 */
export function createInventory(
  config: Pick<Config, "refhosts" | "mtui">,
  { env = process.env, now = Date.now }: { env?: NodeJS.ProcessEnv; now?: () => number } = {},
): (signal?: AbortSignal) => Promise<Found> {
  let reading: Promise<Found> | null = null;
  return (signal) => {
    reading ??= resolveInventory({ config, cacheDir: places(env).cache, now }).finally(() => {
      reading = null;
    });
    return signal === undefined ? reading : unlessAborted(reading, signal);
  };
}

function unlessAborted(reading: Promise<Found>, signal: AbortSignal): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Found>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  reading.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  return promise;
}
