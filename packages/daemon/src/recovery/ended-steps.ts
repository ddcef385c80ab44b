import { isFinal } from "../jobs/index.ts";
import { idOf, type StepKey } from "../jobs/steps/index.ts";
import type { Journal } from "../store/journal.ts";
import type { Workspace } from "../workspaces/workspace.ts";

/** Steps of jobs that had ended when the daemon died, before it could say so to their hosts and forget them. */
export function endedSteps(journal: Journal): StepKey[] {
  const active = new Set(journal.jobs.all().flatMap(([id, { state }]) => (isFinal(state) ? [] : [id])));
  const steps = [...journal.steps.all(), ...journal.locks.all()].map(([key]) => {
    const [job = "", host = "", step = "0"] = key.split("/");
    return { job, host, step: Number(step) };
  });
  return steps.filter(({ job }) => !active.has(job));
}

/** Their traces go from the hosts that the desk still has; elsewhere they go with their age. */
export function collectLeft(workspace: Workspace, left: readonly StepKey[]): void {
  for (const { claim, session } of workspace.hosts.values()) {
    const ids = left.filter(({ host, step }) => host === claim.hostName && step > 0).map(idOf);
    if (ids.length > 0) session.collect(ids);
  }
}
