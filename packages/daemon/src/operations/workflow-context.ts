import type { WorkflowContext } from "../workflow/index.ts";
import type { JobCall } from "./context.ts";

interface Wishes {
  /** Seconds to wait for operation locks of others; undefined = `[lock] wait`. */
  wait?: number | undefined;
  /** Seconds of silence before a command is ended; undefined = `[connection] command_timeout`. */
  timeout?: number | undefined;
}

/** What the workflow sees of a job and its workspace: where to report to, and how long to wait. */
export function workflowContext(
  { services, job, workspace, steps }: JobCall,
  wishes: Wishes,
): WorkflowContext {
  const { config } = services;
  return {
    report: workspace.template?.report ?? null,
    rrid: workspace.template?.rrid ?? null,
    workspace: workspace.name,
    signal: job.signal,
    signalOn: (host) => steps.signal(host),
    limits: { silence: wishes.timeout ?? config.connection.command_timeout },
    // What is said with one command outweighs what was set for the host.
    ...(wishes.timeout === undefined ? { silenceOn: (host) => workspace.hosts.get(host)?.silence } : {}),
    fanout: config.daemon.fanout,
    clock: services.clock,
    // Of a job that is cancelled already and looks for what is left of it.
    waitForLock: job.cancelled.aborted
      ? { seconds: 0 }
      : { seconds: wishes.wait ?? config.lock.wait, pollSeconds: config.lock.wait_poll },
    waiting: (now) => job.waitingForLocks(now),
    warn: (text) => services.log("warn", `workspace ${workspace.name}: ${job.id} ${text}`),
    begin: () => job.begin(),
    progress: (host, progress) => job.host(host, progress),
    record: (host, entry) => workspace.record(host, entry),
    heldByHand: (host) => workspace.hosts.get(host)?.byHand,
  };
}
