import { isFinal } from "../jobs/index.ts";
import type { Services } from "../operations/context.ts";
import type { Journal } from "../store/journal.ts";

/**
 * Commands that a cancel could not reach, and whose jobs had not written that down when the daemon died: these jobs
 * come to them again, and end them. Nobody else may do so before, or they would find nothing and say that it never ran.
 */
export function leaveToTheirJobs({ steps }: Pick<Services, "steps">, journal: Journal): void {
  const goOn = journal.jobs.all().filter(([, { state, recipe }]) => !isFinal(state) && recipe !== null);
  const byTrace = new Map(goOn.map(([id, { trace }]) => [trace ?? id, id]));
  const theirs = journal.unended.all().filter(([key]) => {
    const [, hostKey = "", trace = "", step = ""] = /^(\S+) (.+)\.(\d+)$/.exec(key) ?? [];
    const job = byTrace.get(trace);
    const host = journal.claims.get(hostKey);
    if (host?.state !== "claimed" || job === undefined) return false;
    return steps.journal.find({ job, host: host.name, step: Number(step) }) === null;
  });
  if (theirs.length > 0)
    journal.write(() => {
      for (const [key] of theirs) journal.unended.remove(key);
    });
}
