import type { DaemonClient } from "@mtui/core/client";
import type { JobView } from "@mtui/core/registry";
import { followJobs } from "../follow/follow-jobs.ts";
import { Interrupts, type OnInterrupt } from "../follow/interrupt.ts";
import { createReporter } from "../progress/reporter.ts";
import { oneLine, sanitiseDeep } from "../terminal/sanitise.ts";
import type { Context } from "./context.ts";

export interface Watched {
  readonly jobs: readonly JobView[];
  /** The person left; the jobs go on. */
  readonly left: boolean;
  /** There was a Ctrl-C, whatever became of it. */
  readonly interrupted: boolean;
}

interface WatchOptions {
  readonly context: Context;
  readonly client: DaemonClient;
  /** Show what commands print, too. */
  readonly output: boolean;
  readonly from?: number;
  readonly interrupt: OnInterrupt | undefined;
}

/** Follow jobs to their end, with progress on standard error, or until the person leaves. */
export async function watchJobs(
  jobs: readonly Pick<JobView, "id">[],
  options: WatchOptions,
): Promise<Watched> {
  const { context, client, output, from = 0 } = options;
  const { io } = context;
  const ids = jobs.map(({ id }) => id);
  using reporter = createReporter({ io, how: progressOf(context) });
  using interrupts = new Interrupts({
    io,
    ids,
    choice: options.interrupt,
    cancel: async () => {
      for (const id of ids) await client.call("job_cancel", { job_id: id });
    },
    say: (line) => reporter.say(line),
    pause: () => reporter.pause(),
    resume: () => reporter.resume(),
  });
  try {
    const ended = await followJobs(client, {
      ids,
      from,
      output,
      signal: interrupts.signal,
      onPage: (page) => reporter.update(sanitiseDeep(page)),
    });
    return { jobs: ended, left: false, interrupted: interrupts.happened };
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    reporter.pause();
    io.err.write(`Left; it goes on. Come back: mtuictl job follow ${ids.map(oneLine).join(" ")}\n`);
    return { jobs: [], left: true, interrupted: true };
  }
}

function progressOf({ io, flags }: Context): "live" | "plain" | "none" {
  if (flags.progress !== "auto") return flags.progress;
  return io.err.tty && io.env.TERM !== "dumb" ? "live" : "plain";
}
