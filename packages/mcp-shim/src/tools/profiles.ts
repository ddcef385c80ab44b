import type { CommandTable, OperationEntry } from "@mtui/core/protocol";

export const PROFILES = ["full", "core", "read-only"] as const;
export type Profile = (typeof PROFILES)[number];

/** The workflow of an update, and what shows where it stands (docs/mcp.md, "Profiles"). */
export const CORE: readonly string[] = [
  "validate",
  "load_template",
  "unload",
  "list_templates",
  "list_metadata",
  "list_bugs",
  "show_diff",
  "list_workspaces",
  "close_workspace",
  "list_queue",
  "add_host",
  "list_hosts",
  "list_products",
  "prepare",
  "update",
  "install",
  "uninstall",
  "set_repo",
  "run",
  "list_packages",
  "show_log",
  "export",
  "testreport_read",
  "testreport_logs",
  "testreport_patch",
  "testreport_write",
  "testreport_fill",
  "job_list",
  "job_status",
  "job_result",
  "job_wait",
  "job_cancel",
];

export function isProfile(name: string): name is Profile {
  return (PROFILES as readonly string[]).includes(name);
}

/** What an agent may be given at all: stopping the daemon and what clients say among themselves is none of its. */
export function offerable(table: CommandTable): readonly OperationEntry[] {
  return table.operations.filter((entry) => entry.cli.hidden !== true);
}

/** The tools of a server in the registry's order: the profile's, with `add`, without `deny`. */
export function offered(
  table: CommandTable,
  { profile, add, deny }: { profile: Profile; add: readonly string[]; deny: readonly string[] },
): readonly OperationEntry[] {
  return offerable(table).filter(
    (entry) => !deny.includes(entry.name) && (add.includes(entry.name) || inProfile(entry, profile)),
  );
}

function inProfile(entry: OperationEntry, profile: Profile): boolean {
  if (profile === "full") return true;
  return profile === "core" ? CORE.includes(entry.name) : entry.effect === "read";
}
