import type { DaemonEvent, JobView } from "@mtui/core/registry";
import type { Io, Surface } from "../terminal/io.ts";
import { styleOf } from "../terminal/style.ts";
import { eventLines } from "./event-lines.ts";
import { frame } from "./frame.ts";
import { LiveRegion } from "./live-region.ts";
import { PlainLines } from "./plain-lines.ts";

/** Shows the way of jobs to whoever watches; on standard error, which is not for data. */
export interface Reporter extends Disposable {
  update(page: { events: readonly DaemonEvent[]; jobs: readonly JobView[] }): void;
  /** What a command printed: on the stream that it printed it to. */
  printed(stream: "stdout" | "stderr", lines: readonly string[]): void;
  /** A line for people in between. */
  say(line: string): void;
  /** While a question is open. */
  pause(): void;
  resume(): void;
}

export interface ReporterOptions {
  io: Io;
  how: "live" | "plain" | "none";
}

export function createReporter(options: ReporterOptions): Reporter {
  if (options.how === "live") return liveReporter(options.io);
  return plainReporter(options);
}

function plainReporter({ io, how }: ReporterOptions): Reporter {
  const write = (line: string): void => io.err.write(`${line}\n`);
  const plain = new PlainLines({ clock: io.clock, write });
  return {
    update(page) {
      if (how !== "none") plain.take(page);
    },
    printed: (stream, lines) => surfaceOf(stream, io).write(`${lines.join("\n")}\n`),
    say: write,
    pause() {},
    resume() {},
    [Symbol.dispose]: () => plain[Symbol.dispose](),
  };
}

function surfaceOf(stream: "stdout" | "stderr", io: Io): Surface {
  return stream === "stdout" ? io.out : io.err;
}

/** Live, a change is a redraw; only output, notes and ends of jobs stay as lines. */
function liveReporter(io: Io): Reporter {
  const { err, clock } = io;
  const style = styleOf(err.colour);
  let jobs: readonly JobView[] = [];
  let at = clock.now();
  const region = new LiveRegion({
    surface: err,
    clock,
    draw: (tick) =>
      frame(jobs, {
        style,
        columns: err.columns ?? 80,
        rows: err.rows ?? 24,
        tick,
        since: (clock.now() - at) / 1000,
      }),
  });
  return {
    update(page) {
      jobs = page.jobs;
      at = clock.now();
      const kept = page.events.filter((event) => event.type === "job.note");
      region.print(kept.flatMap((event) => eventLines(event, jobs)));
      region.refresh();
    },
    printed(stream, lines) {
      const surface = surfaceOf(stream, io);
      // On the same terminal the picture makes room for it.
      if (surface.tty) region.print(lines);
      else surface.write(`${lines.join("\n")}\n`);
    },
    say: (line) => region.print([line]),
    pause: () => region.pause(),
    resume: () => region.resume(),
    [Symbol.dispose]: () => region[Symbol.dispose](),
  };
}
