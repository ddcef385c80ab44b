import type { DaemonClient } from "@mtui/core/client";
import type { Parsed } from "../command/parse.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./outcome.ts";

/**
 * A command that stays until Ctrl-C: `queue --watch`, `events --follow`. There is no end to wait for, so
 * that Ctrl-C is its way to end; the exit code says so all the same, as everywhere.
 */
export async function watchCommand(
  operation: string,
  { params }: Parsed,
  { context, client }: { context: Context; client: DaemonClient },
): Promise<number> {
  const abort = new AbortController();
  using _subscription = context.io.onInterrupt(() => abort.abort());
  const options = { context, client, params, signal: abort.signal };
  try {
    if (operation === "list_events") {
      const { followEvents } = await import("../follow/follow-events.ts");
      await followEvents(options);
    } else {
      const { watchQueue } = await import("../follow/watch-queue.ts");
      await watchQueue(options);
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  }
  return EXIT.interrupted;
}
