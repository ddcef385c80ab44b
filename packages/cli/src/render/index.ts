import type { ResultOf } from "@mtui/core/registry";
import { renderDaemonStatus, renderWhoami } from "./daemon.ts";
import { renderGet, renderHistory, renderPut, renderShowLog, renderTimeouts } from "./host-files.ts";
import { renderAddHost, renderCloseWorkspace, renderHosts, renderProducts, renderReleased } from "./hosts.ts";
import { renderEvents } from "./events.ts";
import { renderJob, renderJobCancel, renderJobList, renderJobs } from "./jobs.ts";
import { renderLocks, renderUnlock } from "./locks.ts";
import { renderQueue } from "./queue.ts";
import { renderRefhosts } from "./refhosts.ts";
import {
  renderBugs,
  renderFilled,
  renderPatched,
  renderReportLogs,
  renderTemplates,
  renderTextWindow,
  renderUpdateCommands,
  renderUpdateRepos,
  renderWritten,
} from "./report-files.ts";
import { renderRun } from "./run.ts";
import { renderTakeover } from "./takeover.ts";
import { renderValidate } from "./validation.ts";
import type { Renderer } from "./view.ts";
import { renderExport, renderHostResults, renderPackages, renderUpdate } from "./workflow.ts";
import { renderReport, renderWorkspaces } from "./workspaces.ts";

/** What a finished job of a slow operation has as its result. */
type JobResultOf<N extends SlowName> = ResultOf<N> extends { result: infer R } ? NonNullable<R> : never;
type SlowName =
  | "add_host"
  | "run"
  | "prepare"
  | "update"
  | "downgrade"
  | "install"
  | "uninstall"
  | "set_repo"
  | "reboot"
  | "put"
  | "lock";
type QuickName =
  | "daemon_status"
  | "whoami"
  | "load_template"
  | "list_metadata"
  | "list_workspaces"
  | "close_workspace"
  | "list_hosts"
  | "list_products"
  | "remove_host"
  | "list_refhosts"
  | "list_locks"
  | "unlock"
  | "list_queue"
  | "list_events"
  | "takeover"
  | "list_packages"
  | "export"
  | "validate"
  | "testreport_read"
  | "testreport_logs"
  | "testreport_patch"
  | "testreport_write"
  | "testreport_fill"
  | "show_diff"
  | "list_bugs"
  | "show_update_repos"
  | "list_update_commands"
  | "list_templates"
  | "unload"
  | "get"
  | "show_log"
  | "list_history"
  | "set_timeout"
  | "list_timeout"
  | "job_list"
  | "job_status"
  | "job_wait"
  | "job_cancel";

type Renderers = { [N in QuickName]: Renderer<ResultOf<N>> } & { [N in SlowName]: Renderer<JobResultOf<N>> };

export const RENDERERS: Renderers = {
  daemon_status: renderDaemonStatus,
  whoami: renderWhoami,
  load_template: renderReport,
  list_metadata: renderReport,
  list_workspaces: renderWorkspaces,
  close_workspace: renderCloseWorkspace,
  list_hosts: renderHosts,
  list_products: renderProducts,
  add_host: renderAddHost,
  remove_host: renderReleased,
  list_refhosts: renderRefhosts,
  list_locks: renderLocks,
  lock: renderLocks,
  unlock: renderUnlock,
  list_queue: renderQueue,
  list_events: renderEvents,
  takeover: renderTakeover,
  run: renderRun,
  prepare: renderHostResults,
  update: renderUpdate,
  downgrade: renderHostResults,
  install: renderHostResults,
  uninstall: renderHostResults,
  set_repo: renderHostResults,
  reboot: renderHostResults,
  list_packages: renderPackages,
  export: renderExport,
  validate: renderValidate,
  testreport_read: renderTextWindow,
  testreport_logs: renderReportLogs,
  testreport_patch: renderPatched,
  testreport_write: renderWritten,
  testreport_fill: renderFilled,
  show_diff: renderTextWindow,
  list_bugs: renderBugs,
  show_update_repos: renderUpdateRepos,
  list_update_commands: renderUpdateCommands,
  list_templates: renderTemplates,
  unload: renderCloseWorkspace,
  get: renderGet,
  put: renderPut,
  show_log: renderShowLog,
  list_history: renderHistory,
  set_timeout: renderTimeouts,
  list_timeout: renderTimeouts,
  job_list: renderJobList,
  job_status: renderJob,
  job_wait: renderJobs,
  job_cancel: renderJobCancel,
};

/**
 * The renderer of an operation. Results were validated by the daemon against the registry, so
 * that their shape is known here.
 * @returns null for an operation that this client has no renderer for
 */
export function rendererOf(operation: string): Renderer<unknown> | null {
  if (!Object.hasOwn(RENDERERS, operation)) return null;
  return RENDERERS[operation as keyof Renderers] as Renderer<unknown>;
}
