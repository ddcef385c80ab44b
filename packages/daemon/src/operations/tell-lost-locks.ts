import type { ErrorReport } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import { toMtuiError } from "@mtui/core/protocol";
import type { JobCall } from "./context.ts";

/** Whoever watches learns that a lock of ours was overwritten or removed, not only who ran into it. */
export function tellLostLocks(call: JobCall, hosts: readonly HostResult[]): void {
  for (const { host, error } of hosts)
    if (error?.kind === "lock.lost") tell(call, { ...error, data: { ...error.data, host } });
}

/** As `tellLostLocks`, of work that such a loss has ended as a whole. */
export async function tellingLostLocks<T>(call: JobCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = toMtuiError(thrown);
    if (error.kind === "lock.lost") tell(call, error.toReport());
    throw thrown;
  }
}

function tell({ services, job, workspace }: JobCall, { message, data }: ErrorReport): void {
  const host = typeof data?.host === "string" ? { host: data.host } : {};
  services.events.append({
    type: "lock.lost",
    workspace: workspace.name,
    job: job.id,
    ...host,
    text: message,
    ...(data === undefined ? {} : { data }),
  });
}
