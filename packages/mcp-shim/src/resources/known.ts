import type { ResultOf } from "@mtui/core/registry";
import { ask, type Reading } from "./link.ts";

/** What there is to name: of the caller's own namespace, as the daemon answers an agent. */
type Asking = Pick<Reading, "link" | "signal">;

/** More jobs than that nobody chooses from. */
const JOBS = 50;

export async function templates(asking: Asking): Promise<ResultOf<"list_templates">["templates"]> {
  return (await ask<ResultOf<"list_templates">>(asking, "list_templates")).templates;
}

export async function workspaces(asking: Asking): Promise<ResultOf<"list_workspaces">["workspaces"]> {
  return (await ask<ResultOf<"list_workspaces">>(asking, "list_workspaces")).workspaces;
}

export async function jobs(asking: Asking): Promise<ResultOf<"job_list">["jobs"]> {
  return (await ask<ResultOf<"job_list">>(asking, "job_list", { limit: JOBS })).jobs;
}

/** Workspaces by the report that they have loaded. */
export async function reportsIn(asking: Asking): Promise<Map<string, ReadonlySet<string>>> {
  const loaded = new Map<string, Set<string>>();
  for (const { rrid, workspace } of await templates(asking))
    loaded.set(rrid, (loaded.get(rrid) ?? new Set()).add(workspace));
  return loaded;
}

/** The workspace that has the report; null when none has. */
export async function workspaceWith(rrid: string, asking: Asking): Promise<string | null> {
  return (await templates(asking)).find((each) => each.rrid === rrid)?.workspace ?? null;
}

/** Files that lie beside a report, by the paths that `testreport_read` takes. */
export async function filesOf(workspace: string, asking: Asking): Promise<string[]> {
  const logs = await ask<ResultOf<"testreport_logs">>(asking, "testreport_logs", { workspace });
  return [
    "log",
    ...logs.build_checks.map(({ name }) => `build_checks/${name}`),
    ...logs.install_logs.map(({ name }) => `install_logs/${name}`),
  ];
}
