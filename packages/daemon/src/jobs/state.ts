import type { JobState } from "@mtui/core/registry";

/**
 * The life of a job. It is `queued` while its workspace's lane (or the `--parallel` gate) is taken,
 * `waiting` while it has a ticket for hosts, `running` while it works. A cancel goes through
 * `cancelling` until what ran on the hosts is proven gone. The last four states are final: nothing
 * leaves them, so a finished job can never be called cancelled afterwards.
 */
const NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ["waiting", "running", "cancelling", "cancelled", "failed"],
  waiting: ["running", "cancelling", "cancelled", "failed"],
  running: ["waiting", "cancelling", "done", "failed", "cancelled", "lost"],
  cancelling: ["cancelled", "failed", "lost", "done"],
  done: [],
  failed: [],
  cancelled: [],
  lost: [],
};

export function isFinal(state: JobState): boolean {
  return NEXT[state].length === 0;
}

export function mayBecome(from: JobState, to: JobState): boolean {
  return NEXT[from].includes(to);
}
