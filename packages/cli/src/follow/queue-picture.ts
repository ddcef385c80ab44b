import type { ResultOf } from "@mtui/core/registry";
import { LiveRegion } from "../progress/live-region.ts";
import { renderQueue } from "../render/queue.ts";
import { type Context, viewOf } from "../run/context.ts";
import { sanitiseDeep } from "../terminal/sanitise.ts";
import { fit } from "../terminal/width.ts";

type Queue = ResultOf<"list_queue">;

export interface QueuePicture extends Disposable {
  show(queue: Queue): void;
}

/** On a terminal drawn over itself; elsewhere, and as JSON, once for each change, one below the other. */
export function queuePicture(context: Context): QueuePicture {
  return context.io.out.tty && !context.flags.json ? livePicture(context) : plainPicture(context);
}

function plainPicture(context: Context): QueuePicture {
  const { io, flags } = context;
  let last = "";
  return {
    show(queue) {
      const changed = whatCounts(queue);
      if (changed === last) return;
      last = changed;
      if (flags.json) io.out.write(`${JSON.stringify(queue)}\n`);
      else {
        const at = `${new Date(io.clock.now()).toISOString().slice(0, 19)}Z`;
        io.out.write(`${[at, ...renderQueue(sanitiseDeep(queue), viewOf(context))].join("\n")}\n\n`);
      }
    },
    [Symbol.dispose]() {},
  };
}

/** A lease that slides along is no change. */
function whatCounts({ claims, tickets, hosts }: Queue): string {
  return JSON.stringify({ claims: claims.map((claim) => ({ ...claim, lease_until: null })), tickets, hosts });
}

/** The last picture stays when it ends. */
function livePicture(context: Context): QueuePicture {
  const { io } = context;
  let queue: Queue | null = null;
  const lines = (): string[] => {
    const all = queue === null ? [] : renderQueue(queue, viewOf(context));
    return all.map((line) => fit(line, io.out.columns ?? 80));
  };
  const region = new LiveRegion({
    surface: io.out,
    clock: io.clock,
    draw: () => cut(lines(), (io.out.rows ?? 24) - 1),
  });
  return {
    show(next) {
      queue = sanitiseDeep(next);
      region.refresh();
    },
    [Symbol.dispose]() {
      region[Symbol.dispose]();
      if (queue !== null) io.out.write(`${lines().join("\n")}\n`);
    },
  };
}

/** What does not fit on the screen is counted: a region that scrolls cannot be drawn over. */
function cut(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
}
