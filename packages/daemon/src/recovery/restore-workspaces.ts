import { parseRrid } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { Services } from "../operations/context.ts";
import { templateSource } from "../operations/workspaces.ts";
import type { Journal } from "../store/journal.ts";
import { loadTemplate } from "../workspaces/template-store.ts";
import type { Workspace } from "../workspaces/workspace.ts";

/** Nobody could show a sign of life while there was no daemon: this much everybody has (milliseconds). */
const GRACE_MS = 15 * 60_000;

/** The desks of the former life with their reports, but for those whose lease or only purpose has ended. */
export async function restoreWorkspaces(
  services: Services,
  { journal, ended }: { journal: Journal; ended: ReadonlySet<string> },
): Promise<void> {
  for (const [name, record] of journal.workspaces.all()) {
    const lease = services.lostLeases.find(name);
    // The daemon died while it gave back what was in it: the rest follows, and its owner is told why.
    const isOver = lease !== undefined && (record.leaseUntil ?? 0) < lease.at;
    if (isOver || ended.has(name)) {
      journal.write(() => {
        journal.workspaces.remove(name);
        journal.lostHosts.removeUnder(`${name} `);
      });
      continue;
    }
    const workspace = services.workspaces.restore(name, record);
    const losses = journal.lostHosts.under(`${name} `);
    workspace.lost.restore(
      losses.map(([key, loss]) => ({ host: key.slice(name.length + 1), ...loss })),
      { now: services.clock.now() },
    );
    if (record.rrid !== null) await restoreTemplate(workspace, { services, rrid: record.rrid });
    workspace.noHost = record.noHost;
    workspace.leaseUntil = Math.max(record.leaseUntil ?? 0, services.clock.now() + GRACE_MS);
  }
}

/** From the directory that is there: nothing is checked out behind anybody's back. */
async function restoreTemplate(
  workspace: Workspace,
  { services, rrid }: { services: Services; rrid: string },
): Promise<void> {
  try {
    const source = { ...templateSource(services), svnPath: "" };
    workspace.template = await loadTemplate(parseRrid(rrid), source);
  } catch (thrown) {
    services.log(
      "warn",
      `workspace ${workspace.name}: ${rrid} is not loaded again: ${toMtuiError(thrown).message}`,
    );
  }
}
