import type { ResultOf } from "@mtui/core/registry";
import type { Context } from "../run/context.ts";
import { news, type Watching } from "./news.ts";
import { pause } from "@mtui/core/clock";
import { queuePicture } from "./queue-picture.ts";

/** What may change the queue's picture. */
const CHANGES = [
  "claim.*",
  "ticket.*",
  "host.*",
  "lease.*",
  "workspace.*",
  "job.state",
  "job.step",
  "job.ticket",
];
/** At most four times a second, however much happens. */
const LIST_MS = 250;

/**
 * `queue --watch`: the queue, and again whenever something of it has changed. The daemon says when; after
 * a quiet while it is asked all the same, because a lease that is renewed is no event.
 */
export async function watchQueue(options: Watching & { context: Context }): Promise<never> {
  const { context, client, signal } = options;
  using picture = queuePicture(context);
  const watching = { client, signal, params: { types: CHANGES } };
  for (;;) {
    signal.throwIfAborted();
    const queue = (await client.call("list_queue", {}, { signal })) as ResultOf<"list_queue">;
    const listedAt = context.io.clock.now();
    picture.show(queue);
    await news(queue.cursor, watching);
    await pause(context.io.clock, { ms: listedAt + LIST_MS - context.io.clock.now(), signal });
  }
}
