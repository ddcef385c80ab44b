import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MtuiError } from "@mtui/core/protocol";
import { fetchInventory } from "./fetch.ts";
import { type Found, loadInventoryFile } from "./load-file.ts";
import { storeCache } from "./store-cache.ts";
import type { ResolveContext } from "./resolve.ts";

/**
 * The cached copy while it is younger than `refhosts.https_expiration`, else a fresh one. An expired
 * copy is not used when the download fails: hosts that have gone would be offered. It is named in the
 * error instead, so that a person may decide to use it.
 */
export async function fromHttps(context: ResolveContext): Promise<Found> {
  const { config, cacheDir, now, signal } = context;
  const cache = join(cacheDir, "refhosts.yml");
  const age = await ageSeconds(cache, now());
  // A time in the future is a clock that was set back: the copy's age is not known.
  if (age === null || age > config.refhosts.https_expiration || age < 0) {
    const url = config.refhosts.https_uri;
    const verify = config.mtui.ssl_verify;
    const bytes = await fetchInventory(url, { verify, ...(signal === undefined ? {} : { signal }) }).catch(
      (thrown: unknown) => {
        throw age === null ? thrown : withExpired(thrown, { cache, age });
      },
    );
    await storeCache(cache, bytes);
  }
  return loadInventoryFile(cache);
}

async function ageSeconds(path: string, now: number): Promise<number | null> {
  try {
    return (now - (await stat(path)).mtimeMs) / 1000;
  } catch {
    return null;
  }
}

function withExpired(thrown: unknown, { cache, age }: { cache: string; age: number }): unknown {
  if (!(thrown instanceof MtuiError) || thrown.kind === "request.cancelled") return thrown;
  const hours = Math.round(age / 360) / 10;
  return new MtuiError(
    thrown.kind,
    `${thrown.message} The copy in ${cache} is ${hours} hours old and was not used.`,
    {
      cause: thrown,
      retryable: thrown.retryable,
      hint: `To use the old copy all the same, set refhosts.path to ${cache} and refhosts.resolvers to path.`,
      data: { ...thrown.data, cache, age_seconds: Math.round(age) },
    },
  );
}
