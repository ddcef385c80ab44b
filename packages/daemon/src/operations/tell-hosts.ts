import type { HostResult } from "@mtui/core/registry";
import type { Job } from "../jobs/index.ts";

/** Tells the job how hosts ended that it has not heard of: the workflow tells of those that it worked on. */
export function tellHosts(job: Job, hosts: readonly HostResult[]): void {
  for (const { host, state, exit, error } of hosts) {
    if (job.hostState(host) === state) continue;
    job.host(host, {
      state,
      ...(exit === null ? {} : { exit }),
      ...(error === null ? {} : { message: error.message }),
    });
  }
}
