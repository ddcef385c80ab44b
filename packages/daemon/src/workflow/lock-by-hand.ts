import { fromReport } from "@mtui/core/protocol";
import type { HeldLock } from "../hosts/session.ts";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { hostRun } from "./host-run.ts";
import { releaseOperationLocks, takeOperationLocks } from "./operation-locks.ts";

/**
 * Operation locks that outlive this call: on all of the hosts or on none. Waits as every operation does.
 * @returns one lock a host, in the order asked
 * @throws MtuiError lock.foreign, host.unreachable, job.cancelled; nothing is locked then
 */
export async function lockByHand(
  context: WorkflowContext,
  { hosts, note }: { hosts: readonly WorkflowHost[]; note: string },
): Promise<{ host: string; lock: HeldLock }[]> {
  const runs = hosts.map((host) => hostRun(context, host));
  const { held, out } = await takeOperationLocks(context, { runs, operation: "lock", note });
  const [first] = out;
  if (first !== undefined) {
    await releaseOperationLocks(context, held);
    throw fromReport(first.stop.error);
  }
  return held.flatMap(({ name, lock }) => (lock === null ? [] : [{ host: name, lock }]));
}
