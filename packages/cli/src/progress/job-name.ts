import type { JobView } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";

/** What a person knows a job by: the update that it is about, else its own id. */
export function jobName(job: Pick<JobView, "id" | "rrid" | "operation">): string {
  return oneLine(job.operation === "validate" && job.rrid !== null ? job.rrid : job.id);
}
