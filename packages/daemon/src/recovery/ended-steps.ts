import { isFinal } from "../jobs/index.ts";
import { stepId } from "../jobs/steps/index.ts";
import type { Journal } from "../store/journal.ts";
import type { Workspace } from "../workspaces/workspace.ts";

interface EndedStep {
  readonly job: string;
  readonly host: string;
  /** Its trace on the host; null for a lock, and of a job that is not known any more. */
  readonly id: string | null;
}

/** Steps of jobs that had ended when the daemon died, before it could say so to their hosts and forget them. */
export function endedSteps(journal: Journal): EndedStep[] {
  const jobs = new Map(journal.jobs.all());
  return [...journal.steps.all(), ...journal.locks.all()].flatMap(([key]) => {
    const [job = "", host = "", step] = key.split("/");
    const known = jobs.get(job);
    if (known !== undefined && !isFinal(known.state)) return [];
    const traced = known !== undefined && step !== undefined;
    return [{ job, host, id: traced ? stepId(known.trace ?? job, Number(step)) : null }];
  });
}

/** Their traces go from the hosts that the desk still has; elsewhere they go with their age. */
export function collectLeft(workspace: Workspace, left: readonly EndedStep[]): void {
  for (const { claim, session } of workspace.hosts.values()) {
    const ids = left.flatMap(({ host, id }) => (host === claim.hostName && id !== null ? [id] : []));
    if (ids.length > 0) session.collect(ids);
  }
}
