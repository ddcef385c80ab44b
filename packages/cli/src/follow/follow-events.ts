import type { Context } from "../run/context.ts";
import { viewOf } from "../run/context.ts";
import { eventLine, gapLines } from "../render/events.ts";
import { sanitiseDeep } from "../terminal/sanitise.ts";
import { type EventPage, news, type Watching } from "./news.ts";

/** `events --follow`: the latest events or those from a cursor on, then each as it happens, a line each. */
export async function followEvents(options: Watching & { context: Context }): Promise<never> {
  const { context, client, params, signal } = options;
  const begin = (await client.call("list_events", params, { signal })) as EventPage;
  write(begin, context);
  for (let { cursor } = begin; ; ) {
    const page = await news(cursor, options);
    write(page, context);
    cursor = page.cursor;
  }
}

function write({ events, gap }: EventPage, context: Context): void {
  const { io, flags } = context;
  if (flags.json) {
    for (const event of events) io.out.write(`${JSON.stringify(event)}\n`);
    return;
  }
  const view = viewOf(context);
  const lines = [...gapLines(gap, view), ...events.map((event) => eventLine(sanitiseDeep(event), view))];
  if (lines.length > 0) io.out.write(`${lines.join("\n")}\n`);
}
