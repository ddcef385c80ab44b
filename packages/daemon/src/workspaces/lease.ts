import { toMtuiError } from "@mtui/core/protocol";
import type { Services } from "../operations/context.ts";
import { closeWorkspace } from "./close.ts";
import type { Workspace } from "./workspace.ts";

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
    for (const workspace of services.workspaces.expired()) {
      // Looked at again right before it is closed, with no await in between: it may have come alive.
      if (isAlive(workspace, services)) continue;
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

function isAlive(workspace: Workspace, services: Services): boolean {
  if (
    services.jobs.list({ workspace: workspace.name, active: true }).length === 0 &&
    workspace.lane.pending === 0
  ) {
    return false;
  }
  services.workspaces.touch(workspace, "agent");
  return true;
}
