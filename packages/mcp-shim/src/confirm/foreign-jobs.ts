import type { OperationEntry } from "@mtui/core/protocol";
import type { JobView } from "@mtui/core/registry";
import { ask, type ReadLink } from "../resources/index.ts";

/** Of more jobs than these nobody looks up whose they are. */
const LOOKED_UP = 20;

/**
 * The workspaces whose jobs `job_cancel` would end, as far as that can be seen: a job's id does not say it.
 * @throws MtuiError job.unknown: the call would fail in the same way
 */
export async function workspacesOfJobs(
  entry: OperationEntry,
  {
    params,
    link,
    signal,
  }: { params: Readonly<Record<string, unknown>>; link: ReadLink; signal: AbortSignal },
): Promise<readonly string[]> {
  if (entry.name !== "job_cancel") return [];
  const { job_id: first, others = [] } = params as { job_id: string; others?: readonly string[] };
  const jobs = await Promise.all(
    [first, ...others]
      .slice(0, LOOKED_UP)
      .map((id) => ask<JobView>({ link, signal }, "job_status", { job_id: id })),
  );
  return [...new Set(jobs.map(({ workspace }) => workspace))];
}
