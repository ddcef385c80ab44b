import type { DaemonClient } from "@mtui/core/client";
import type { Parsed } from "../command/parse.ts";
import { followJobs } from "../follow/follow-jobs.ts";
import type { Context } from "./context.ts";
import { exitOfJobs, type JobOutcome } from "./outcome.ts";
import { printOutcome } from "./print-outcome.ts";
import { resultsOf } from "./run-slow.ts";
import { watchJobs } from "./watch-jobs.ts";

interface JobCommand {
  readonly context: Context;
  readonly client: DaemonClient;
}

/**
 * `job follow`: what happened so far and what happens from now on, then the results, with the exit
 * code that the foreground command would have had. With `--json` one reply of `job_follow` a line.
 */
export async function followCommand({ params }: Parsed, { context, client }: JobCommand): Promise<number> {
  const ids = Array.isArray(params.job_ids) ? params.job_ids.map(String) : [];
  const from = typeof params.from === "number" ? params.from : 0;
  const output = params.output !== false;
  if (context.flags.json) return followAsJson({ ids, from, output }, { context, client });
  const jobs = ids.map((id) => ({ id }));
  const watched = await watchJobs(jobs, { context, client, output, from, interrupt: "detach" });
  if (watched.left) return 130;
  const outcomes = await resultsOf(watched.jobs, client);
  for (const outcome of outcomes) await printOutcome(outcome, context);
  return exitOfJobs(outcomes);
}

async function followAsJson(
  options: { ids: string[]; from: number; output: boolean },
  { context, client }: JobCommand,
): Promise<number> {
  const abort = new AbortController();
  using _subscription = context.io.onInterrupt(() => abort.abort());
  try {
    const jobs = await followJobs(client, {
      ...options,
      signal: abort.signal,
      onPage: (page) => context.io.out.write(`${JSON.stringify(page)}\n`),
    });
    const outcomes = await resultsOf(jobs, client);
    const code = exitOfJobs(outcomes);
    return code;
  } catch (error) {
    if (abort.signal.aborted) return 130;
    throw error;
  }
}

/** `job result`: as the foreground command would have answered. */
export async function resultCommand({ params }: Parsed, { context, client }: JobCommand): Promise<number> {
  const outcome = (await client.call("job_result", params)) as JobOutcome;
  await printOutcome(outcome, context);
  return exitOfJobs([outcome]);
}
