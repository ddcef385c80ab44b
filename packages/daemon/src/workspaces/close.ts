import type { Job, JobTable } from "../jobs/index.ts";
import type { EventLog } from "../events/index.ts";
import type { HostArbiter } from "../arbiter/index.ts";
import type { WorkspaceRegistry } from "./registry.ts";
import type { Releaser } from "./release.ts";
import type { Workspace } from "./workspace.ts";

export interface CloseReport {
  workspace: string;
  released: string[];
  unreleased: { host: string; reason: string }[];
  cancelled_jobs: string[];
}

/**
 * Ends a workspace: its jobs (each proves that its commands are gone), its tickets, its hosts, all
 * at the same time and each within its own limit. What could not be released is in the report.
 */
export async function closeWorkspace(
  workspace: Workspace,
  deps: {
    jobs: JobTable;
    arbiter: HostArbiter;
    releaser: Releaser;
    workspaces: WorkspaceRegistry;
    events: EventLog;
    reason: string;
    /** The job that does the closing, at its own end. */
    by?: Job;
  },
): Promise<CloseReport> {
  const active = deps.jobs.list({ workspace: workspace.name, active: true }).filter((job) => job !== deps.by);
  // In one turn, and in this order: who waits in the lane ends as cancelled, not as one that found the door closed.
  const cancelled = active.filter((job) => job.cancel(deps.reason)).map((job) => job.id);
  workspace.markClosing();
  await Promise.all(active.map((job) => job.ended));
  // In its turn: a `lock` or a `remove_host` that has begun must not go on behind the release.
  const release = () => Promise.all([...workspace.hosts.values()].map((host) => deps.releaser.release(host)));
  const reports = await (deps.by === undefined ? workspace.lane.run(release) : release());
  workspace.hosts.clear();
  deps.arbiter.closeWorkspace(workspace.name);
  deps.workspaces.forget(workspace);
  deps.events.append({ type: "workspace.closed", workspace: workspace.name, text: deps.reason });
  return {
    workspace: workspace.name,
    released: reports.filter(({ reason }) => reason === null).map(({ host }) => host),
    unreleased: reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }])),
    cancelled_jobs: cancelled,
  };
}
