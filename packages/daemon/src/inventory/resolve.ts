import type { Config } from "@mtui/core/config";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import { fromHttps } from "./https-resolver.ts";
import { fromPath } from "./path-resolver.ts";
import type { Found } from "./load-file.ts";

export interface ResolveContext {
  config: Pick<Config, "refhosts" | "mtui">;
  cacheDir: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  signal?: AbortSignal;
}

/**
 * The inventory from the first source of `refhosts.resolvers` that has one
 * (docs/formats/refhosts.md, "Sources").
 * @throws MtuiError `inventory.unavailable` naming every source with its reason; when each of them had a
 *   file and none could be used, `inventory.invalid`.
 */
export async function resolveInventory(context: ResolveContext): Promise<Found> {
  const failures: { resolver: string; error: MtuiError }[] = [];
  for (const resolver of context.config.refhosts.resolvers) {
    try {
      const found = await (resolver === "https" ? fromHttps(context) : fromPath(context));
      return { ...found, warnings: [...failures.map(sentence), ...found.warnings] };
    } catch (thrown) {
      const error = toMtuiError(thrown);
      if (error.kind === "request.cancelled" || error.kind === "internal") throw error;
      failures.push({ resolver, error });
    }
  }
  const kind = failures.every(({ error }) => error.kind === "inventory.invalid")
    ? "inventory.invalid"
    : "inventory.unavailable";
  throw new MtuiError(kind, `There is no inventory of reference hosts. ${failures.map(sentence).join(" ")}`, {
    retryable: failures.some(({ error }) => error.retryable),
    hint:
      failures.find(({ error }) => error.hint !== undefined)?.error.hint ??
      "Set refhosts.path or refhosts.https_uri in mtui.yaml.",
    data: {
      failures: failures.map(({ resolver, error }) => ({
        resolver,
        kind: error.kind,
        message: error.message,
      })),
    },
  });
}

function sentence({ resolver, error }: { resolver: string; error: MtuiError }): string {
  return `Inventory source ${resolver} failed: ${error.message}`;
}
