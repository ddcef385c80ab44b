import type { Job, JobTable } from "../jobs/index.ts";
import { operationLocks } from "../workspaces/left-locks.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";

/** A job that has begun and may touch its hosts; one with a ticket works on none of them yet. */
function isAtWork(job: Job): boolean {
  const { state, ticket } = job.view();
  return state === "running" || state === "cancelling" || (state === "waiting" && ticket === null);
}

/** The jobs of a workspace that are at work on this host, as far as they have said. */
export function jobsAt(host: string, { jobs, workspace }: { jobs: JobTable; workspace: string }): Job[] {
  return jobs
    .list({ workspace, active: true })
    .filter((job) => isAtWork(job) && job.hostState(host) !== undefined);
}

/**
 * The jobs that may be at work on the host. One that has not named any host yet may mean this one, and
 * so may every one while an operation of the workspace has the host locked.
 */
export function jobsPerhapsAt(
  host: WorkspaceHost,
  { jobs, workspace }: { jobs: JobTable; workspace: string },
): Job[] {
  const working = jobs.list({ workspace, active: true }).filter(isAtWork);
  const locked = operationLocks(host.session).some(({ nonce }) => nonce !== host.byHand?.nonce);
  if (locked) return working;
  return working.filter((job) => {
    const named = Object.keys(job.view().hosts);
    return named.length === 0 || named.includes(host.claim.hostName);
  });
}
