import { toMtuiError } from "@mtui/core/protocol";
import type { Services } from "../operations/context.ts";
import { closeWorkspace } from "./close.ts";

const SWEEP_MS = 30_000;

/**
 * Closes workspaces without a sign of life, so that forgotten ones do not keep their hosts. A
 * workspace with a running job is alive, whoever started it. Loss of a lease is an event.
 * @returns how to stop
 */
export function keepLeases(services: Services): () => void {
  const { clock } = services;
  let stop = clock.after(SWEEP_MS, sweep);
  function sweep(): void {
    // Looked at right before any is closed, with no await in between: one may have come alive.
    renewWhatIsAtWork(services);
    for (const workspace of services.workspaces.expired()) {
      const { rrid, hosts } = services.lostLeases.remember(workspace);
      services.events.append({ type: "lease.lost", workspace: workspace.name, data: { rrid, hosts } });
      services.log(
        "warn",
        `workspace ${workspace.name}: its lease is over; releasing ${workspace.hosts.size} hosts`,
      );
      closeWorkspace(workspace, { ...services, reason: "Its lease was over." }).catch((thrown: unknown) =>
        services.log("error", `workspace ${workspace.name} was not closed: ${toMtuiError(thrown).message}`),
      );
    }
    stop = clock.after(SWEEP_MS, sweep);
  }
  return () => stop();
}

/** The lease of a workspace in which something is under way counts from the end of that. */
function renewWhatIsAtWork({ jobs, workspaces }: Services): void {
  const atWork = new Set(jobs.list({ active: true }).map(({ request }) => request.workspace));
  for (const workspace of workspaces.list()) {
    if (!atWork.has(workspace.name) && workspace.lane.pending === 0) continue;
    workspaces.touch(workspace, workspace.namespace === null ? "terminal" : "agent");
  }
}
