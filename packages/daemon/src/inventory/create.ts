import { type Config, places } from "@mtui/core/config";
import type { Found } from "./load-file.ts";
import { unlessAborted } from "../unless-aborted.ts";
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
    return unlessAborted(reading, { signal });
  };
}
