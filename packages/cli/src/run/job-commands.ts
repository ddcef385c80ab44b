import { followJobs } from "../follow/follow-jobs.ts";
import type { Link } from "../follow/link.ts";
import type { Parsed } from "../command/parse.ts";
import type { Context } from "./context.ts";
import { exitOfJobs } from "./outcome.ts";
import { printOutcome } from "./print-outcome.ts";
import { resultsOf } from "./run-slow.ts";
import { watchJobs } from "./watch-jobs.ts";

interface JobCommand {
  readonly context: Context;
  readonly link: Link;
}

/**
 * `job follow`: what happened so far and what happens from now on, then the results, with the exit
 * code that the foreground command would have had. With `--json` one reply of `job_follow` a line.
 */
export async function followCommand({ params }: Parsed, { context, link }: JobCommand): Promise<number> {
  const ids = Array.isArray(params.job_ids) ? params.job_ids.map(String) : [];
  const from = typeof params.from === "number" ? params.from : 0;
  const output = params.output !== false;
  if (context.flags.json) return followAsJson({ ids, from, output }, { context, link });
  const jobs = ids.map((id) => ({ id }));
  const when = output ? "at once" : "never";
  const watched = await watchJobs(jobs, { context, link, output: when, from, interrupt: "detach" });
  if (watched.left) return 130;
  const outcomes = await resultsOf(watched.jobs, link.client);
  for (const outcome of outcomes) await printOutcome(outcome, context, watched);
  return exitOfJobs(outcomes);
}

async function followAsJson(
  options: { ids: string[]; from: number; output: boolean },
  { context, link }: JobCommand,
): Promise<number> {
  const abort = new AbortController();
  using _subscription = context.io.onInterrupt(() => abort.abort());
  link.onSay((line) => context.io.err.write(`${line}\n`));
  try {
    const jobs = await followJobs(link, {
      ...options,
      signal: abort.signal,
      onPage: (page) => context.io.out.write(`${JSON.stringify(page)}\n`),
    });
    const outcomes = await resultsOf(jobs, link.client);
    const code = exitOfJobs(outcomes);
    return code;
  } catch (error) {
    if (abort.signal.aborted) return 130;
    throw error;
  }
}
