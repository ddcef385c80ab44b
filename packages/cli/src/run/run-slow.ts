import type { DaemonClient } from "@mtui/core/client";
import type { OperationEntry } from "@mtui/core/protocol";
import type { JobView } from "@mtui/core/registry";
import type { Link } from "../follow/link.ts";
import type { WhenShown } from "../progress/output-below.ts";
import type { Parsed } from "../command/parse.ts";
import { oneLine } from "../terminal/sanitise.ts";
import type { Context } from "./context.ts";
import { exitOfJobs, type JobOutcome } from "./outcome.ts";
import { printJson, printLines, printResult } from "./print.ts";
import { printOutcome } from "./print-outcome.ts";
import { watchJobs } from "./watch-jobs.ts";

/**
 * A slow operation: started as a job at once, then followed like any other job, so that what this
 * terminal does to itself changes nothing for the work.
 */
export async function runSlow(
  entry: OperationEntry,
  { parsed, context, link }: { parsed: Parsed; context: Context; link: Link },
): Promise<number> {
  const background = parsed.params.background === true;
  const reply = await link.client.call(entry.name, { ...parsed.params, background: true });
  const started = jobsOf(reply);
  if (background) return leave(reply, { jobs: started, context });
  const watched = await watchJobs(started, {
    context,
    link,
    output: whenShown(entry, context),
    interrupt: parsed.flags.onInterrupt,
  });
  if (watched.left) return 130;
  const outcomes = await resultsOf(watched.jobs, link.client);
  if (entry.name === "validate") {
    const results = outcomes.map(({ result }) => result ?? null);
    const jobs = outcomes.map(({ job, error }) => ({ ...job, error: job.error ?? error }));
    await printResult({ jobs, results }, { context, operation: "validate" });
  } else {
    for (const outcome of outcomes) await printOutcome(outcome, context, watched);
  }
  return watched.interrupted ? 130 : exitOfJobs(outcomes);
}

/**
 * On a terminal a long `run` shows what it prints as it comes. Elsewhere the result is the data, in one form
 * however long it took.
 */
function whenShown(entry: OperationEntry, { io, flags }: Context): WhenShown {
  const live = entry.name === "run" && io.out.tty && !flags.json && !flags.diff && flags.progress !== "none";
  return live ? "when it takes long" : "never";
}

/** The jobs of a reply: one, or of `validate` one an update. */
function jobsOf(reply: unknown): JobView[] {
  const { job, jobs } = reply as { job?: JobView; jobs?: JobView[] };
  return jobs ?? (job === undefined ? [] : [job]);
}

function leave(reply: unknown, { jobs, context }: { jobs: readonly JobView[]; context: Context }): number {
  if (context.flags.json) printJson(reply, context);
  else
    for (const { id, command } of jobs)
      printLines([`${oneLine(id)}: started (${oneLine(command)})`], context);
  const ids = jobs.map(({ id }) => id).join(" ");
  context.io.err.write(`Follow: mtuictl job follow ${ids}\n`);
  return 0;
}

/** One after the other: five hundred at once would be over the daemon's limit of calls in flight. */
export async function resultsOf(
  jobs: readonly Pick<JobView, "id">[],
  client: DaemonClient,
): Promise<JobOutcome[]> {
  const outcomes: JobOutcome[] = [];
  for (const { id } of jobs) outcomes.push((await client.call("job_result", { job_id: id })) as JobOutcome);
  return outcomes;
}
