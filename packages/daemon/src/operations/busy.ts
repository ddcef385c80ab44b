import { MtuiError } from "@mtui/core/protocol";
import type { Services } from "./context.ts";

/**
 * A desk at which something is under way cannot be cleared or used for something else.
 * @param options.next what to type when that is over, or that does not wait for it
 */
export function busyWorkspace(
  name: string,
  { jobs, next }: { jobs: readonly string[]; next: string },
): MtuiError {
  const ids = jobs.join(" ");
  const what = jobs.length === 1 ? "an active job" : "active jobs";
  return new MtuiError("workspace.busy", `Workspace ${name} has ${what}: ${jobs.join(", ")}.`, {
    hint: `Wait (mtuictl job follow ${ids}) or cancel (mtuictl job cancel ${ids}); ${next}`,
    retryable: true,
    data: { workspace: name, jobs: [...jobs] },
  });
}

export function activeJobs(name: string, { jobs }: Pick<Services, "jobs">): string[] {
  return jobs.list({ workspace: name, active: true }).map((job) => job.id);
}
