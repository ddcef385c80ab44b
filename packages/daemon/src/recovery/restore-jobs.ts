import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import { isFinal, type JobEnd, type SavedJob } from "../jobs/index.ts";
import type { Services } from "../operations/context.ts";
import { resumeJobs } from "../operations/resume-jobs.ts";
import type { Journal } from "../store/journal.ts";

/**
 * Workspaces that were made for an update which can't go on: like at its end, their hosts are given back.
 */
export function endedWorkspaces(journal: Journal): ReadonlySet<string> {
  const lost = journal.jobs
    .all()
    .filter(([, job]) => !isFinal(job.state) && (!mayBeginAgain(job) || isCancelled(job)));
  return new Set(
    lost.flatMap(([, { operation, recipe, workspace }]) =>
      operation === "validate" && recipe?.notes["fresh"] === true && recipe.params["keep"] !== true
        ? [workspace]
        : [],
    ),
  );
}

/** All jobs that are written down: ended ones as they ended, the others from their beginning or as lost. */
export function restoreJobs(
  services: Services,
  { journal }: { journal: Journal },
): { again: string[]; lost: string[] } {
  const { jobs, log } = services;
  const resume = resumeJobs(services);
  const again: string[] = [];
  const lost: string[] = [];
  for (const [id, former] of journal.jobs.all().toSorted(([, a], [, b]) => a.created - b.created)) {
    if (isFinal(former.state)) {
      const { state, error } = former;
      const result = journal.results.get(id);
      jobs.recall(id, { former, end: { state, result, ...(error === null ? {} : { error }) } as JobEnd });
      continue;
    }
    if (isCancelled(former)) {
      const error = new MtuiError("job.cancelled", "It was cancelled before it had changed anything.");
      jobs.recall(id, { former, end: { state: "cancelled", result: null, error: error.toReport() } });
      continue;
    }
    if (mayBeginAgain(former)) {
      try {
        const worked = workedEnd(id, { former, journal });
        resume({ id, former, worked });
        if (worked === undefined) takeBack(former, services);
        keepLocks(id, { former, services, journal });
        again.push(id);
        continue;
      } catch (thrown) {
        log("error", `job ${id} cannot begin again: ${toMtuiError(thrown).message}`);
      }
    }
    jobs.recall(id, { former, end: { state: "lost", result: null, error: lostWithUs(id, former) } });
    lost.push(id);
  }
  return { again, lost };
}

/** Its work had ended, and its hosts were being given back. */
function workedEnd(
  id: string,
  { former, journal }: { former: SavedJob; journal: Journal },
): JobEnd | undefined {
  if (former.worked === null) return undefined;
  const { state, error } = former.worked;
  return { state, result: journal.results.get(id), ...(error === null ? {} : { error }) };
}

/** What it had run, it records again. */
function takeBack({ workspace, started }: SavedJob, { workspaces }: Services): void {
  for (const history of workspaces.find(workspace)?.histories.values() ?? []) {
    const kept = history.commands.filter(({ at }) => started === null || at < started);
    history.commands.splice(0, history.commands.length, ...kept);
  }
}

/** The operation locks under which it was at work are no left-overs. */
function keepLocks(
  id: string,
  { former, services, journal }: { former: SavedJob; services: Services; journal: Journal },
): void {
  // One that had changed nothing takes its locks anew.
  if (!former.begun) return services.steps.journal.forget(id);
  const hosts = services.workspaces.find(former.workspace)?.hosts;
  for (const [key, { lock, held }] of journal.locks.under(`${id}/`)) {
    const host = hosts?.get(key.slice(id.length + 1));
    if (host !== undefined && held) host.atWork = lock;
  }
}

/** Before it had changed anything: that is its end. */
function isCancelled({ state, begun }: SavedJob): boolean {
  return state === "cancelling" && !begun;
}

/** From its beginning: steps that it has taken already answer as they did. */
function mayBeginAgain({ recipe }: SavedJob): boolean {
  return recipe !== null;
}

function lostWithUs(id: string, { workspace }: SavedJob): NonNullable<JobEnd["error"]> {
  return new MtuiError(
    "job.lost",
    `The daemon ended while ${id} worked, and this one cannot go on with it; what was done on its hosts is not known.`,
    {
      hint: `Look at the hosts (mtuictl list-packages -w ${workspace}), then start it again.`,
      data: { job: id },
    },
  ).toReport();
}
