import { count } from "@mtui/core/text";
import { isFinal } from "../jobs/index.ts";
import type { Services } from "../operations/context.ts";
import type { Journal } from "../store/journal.ts";
import { collectLeft, endedSteps } from "./ended-steps.ts";
import { restoreClaims } from "./restore-claims.ts";
import { leaveToTheirJobs } from "./left-to-their-jobs.ts";
import { endedWorkspaces, restoreJobs } from "./restore-jobs.ts";
import { restoreWorkspaces } from "./restore-workspaces.ts";
import { wakeHosts } from "./wake-hosts.ts";

/** How long those who waited before have to ask again, before newcomers may (milliseconds). */
const ASK_AGAIN_MS = 10_000;

/**
 * What the daemon had in its former life, however that ended (docs/decisions/recovery.md). Before the
 * first client is served: workspaces and claims stand as they stood, jobs that had changed nothing begin
 * again at their old place in the queue, those that had are `lost`. Then, in the background, every host is
 * looked at: a claim whose lock file still carries our nonce is resumed, anything else of ours is removed.
 */
export async function recover(services: Services, journal: Journal): Promise<void> {
  const { workspaces, jobs, arbiter, clock, log } = services;
  services.outputs.restore(
    journal.jobs
      .all()
      .map(([id, { state, finished }]) => ({ id, ended: isFinal(state) ? (finished ?? 0) : null })),
  );
  leaveToTheirJobs(services, journal);
  const ended = endedWorkspaces(journal);
  await restoreWorkspaces(services, { journal, ended });
  const { resumed, releasing } = restoreClaims(services, { journal });
  // Looked at in the desk's turn, so before anything that a job does there.
  const desks = workspaces.list().filter((workspace) => workspace.hosts.size > 0);
  const left = endedSteps(journal);
  for (const workspace of desks) void wakeHosts(workspace, services).then(() => collectLeft(workspace, left));
  for (const { job } of left) services.steps.journal.forget(job);
  const { again, lost } = restoreJobs(services, { journal });
  expectThoseWhoWaited(services, journal);
  const stop = clock.after(ASK_AGAIN_MS, () => arbiter.openToAll());
  void Promise.all(again.map((id) => jobs.get(id).ended)).then(stop);
  if (resumed + releasing + again.length + lost.length + workspaces.list().length === 0) return;
  log(
    "info",
    `from the former life: ${count(workspaces.list().length, "workspace")}, ${count(resumed, "host")} to look at, ${releasing} to release`,
  );
  if (again.length > 0) log("info", `jobs that begin again: ${again.join(", ")}`);
  if (lost.length > 0) log("warn", `jobs that were at work and are lost: ${lost.join(", ")}`);
}

/** A place in the queue whose job does not begin again is nobody's. */
function expectThoseWhoWaited({ arbiter, jobs }: Services, journal: Journal): void {
  const active = new Map(jobs.list({ active: true }).map((job) => [job.id, job]));
  for (const id of [...arbiter.expected]) {
    const job = active.get(id);
    if (job !== undefined) void job.ended.then(() => arbiter.notComing(id));
    else {
      journal.write(() => journal.tickets.remove(id));
      arbiter.notComing(id);
    }
  }
}
