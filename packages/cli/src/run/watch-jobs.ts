import type { JobView } from "@mtui/core/registry";
import { followJobs } from "../follow/follow-jobs.ts";
import { Interrupts, type OnInterrupt } from "../follow/interrupt.ts";
import { Link } from "../follow/link.ts";
import { WholeOutput } from "../follow/whole-output.ts";
import { outputBelow, type WhenShown } from "../progress/output-below.ts";
import { createReporter } from "../progress/reporter.ts";
import { oneLine, sanitiseDeep } from "../terminal/sanitise.ts";
import type { Context } from "./context.ts";

export interface Watched {
  readonly jobs: readonly JobView[];
  /** The person left; the jobs go on. */
  readonly left: boolean;
  /** There was a Ctrl-C, whatever became of it. */
  readonly interrupted: boolean;
  /** What the commands printed has been shown. */
  readonly shown: boolean;
}

interface WatchOptions {
  readonly context: Context;
  readonly link: Link;
  /** Show what commands print, as it comes: at once, when it takes longer than a moment, not at all. */
  readonly output: WhenShown;
  readonly from?: number;
  readonly interrupt: OnInterrupt | undefined;
}

/** Follow jobs to their end, with progress on standard error, or until the person leaves. */
export async function watchJobs(
  jobs: readonly Pick<JobView, "id">[],
  options: WatchOptions,
): Promise<Watched> {
  const { context, link, from = 0 } = options;
  const { io } = context;
  const ids = jobs.map(({ id }) => id);
  using reporter = createReporter({ io, how: progressOf(context) });
  link.onSay((line) => reporter.say(line));
  using below = outputBelow({ reporter, clock: io.clock, when: options.output });
  const whole = new WholeOutput({
    client: () => link.client,
    print: (printed) => below.take(printed),
    resumed: from > 0,
  });
  using interrupts = new Interrupts({
    io,
    ids,
    choice: options.interrupt,
    cancel: async () => {
      const [job_id, ...others] = ids;
      await link.client.call("job_cancel", { job_id, ...(others.length === 0 ? {} : { others }) });
    },
    say: (line) => reporter.say(line),
    pause: () => reporter.pause(),
    resume: () => reporter.resume(),
  });
  const { signal } = interrupts;
  try {
    const ended = await followJobs(link, {
      ids,
      from,
      output: options.output !== "never",
      signal,
      onPage: async (page) => {
        below.jobs = page.jobs;
        reporter.update(
          sanitiseDeep({ ...page, events: page.events.filter(({ type }) => type !== "job.output") }),
        );
        if (options.output !== "never") await whole.take(page, signal);
      },
    });
    const shown = below.finish();
    return { jobs: ended, left: false, interrupted: interrupts.happened, shown };
  } catch (error) {
    if (!signal.aborted) throw error;
    reporter.pause();
    io.err.write(`Left; it goes on. Come back: mtuictl job follow ${ids.map(oneLine).join(" ")}\n`);
    return { jobs: [], left: true, interrupted: true, shown: false };
  }
}

function progressOf({ io, flags }: Context): "live" | "plain" | "none" {
  if (flags.progress !== "auto") return flags.progress;
  return io.err.tty && io.env.TERM !== "dumb" ? "live" : "plain";
}
