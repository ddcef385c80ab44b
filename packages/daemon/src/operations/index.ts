import { MtuiError } from "@mtui/core/protocol";
import { type OperationName, operationsByName, type ParamsOf, type ResultOf } from "@mtui/core/registry";
import { askedCall, jobsAskedFor } from "../asked/index.ts";
import { addHost } from "./add-host.ts";
import { leaseLost } from "../workspaces/lost-leases.ts";
import { type ClientIdentity, fullName, isOwn, mayChange } from "../workspaces/names.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { Call, JobHandler, PlainHandler } from "./context.ts";
import { daemonStatus, daemonStop, whoami } from "./daemon.ts";
import { listEvents } from "./events.ts";
import { exportReport } from "./export.ts";
import { heartbeat } from "./heartbeat.ts";
import { listHistory, showLog } from "./host-records.ts";
import { removeHost } from "./hosts.ts";
import { jobCancel, jobFollow, jobList, jobResult, jobStatus, jobWait } from "./jobs.ts";
import { listPackages } from "./list-packages.ts";
import { listRefhosts } from "./list-refhosts.ts";
import { lock } from "./lock.ts";
import { listLocks } from "./locks.ts";
import { listQueue } from "./queue.ts";
import {
  showDiff,
  testreportFill,
  testreportLogs,
  testreportPatch,
  testreportRead,
  testreportWrite,
} from "./report-files.ts";
import { listBugs, listTemplates, listUpdateCommands, showUpdateRepos, unload } from "./report-views.ts";
import { assertAllowed } from "./permissions.ts";
import { takeover } from "./takeover.ts";
import { listTimeout, setTimeoutOperation } from "./timeouts.ts";
import { get, put } from "./transfers.ts";
import { unlock } from "./unlock.ts";
import { foreground, type SlowParams, startJob } from "./start-job.ts";
import { validate } from "./validate.ts";
import { downgrade, install, prepare, reboot, run, setRepo, uninstall, update } from "./workflow.ts";
import {
  closeWorkspace,
  listHosts,
  listMetadata,
  listProducts,
  listWorkspaces,
  loadTemplateOperation,
} from "./workspaces.ts";

export type SlowName =
  | "add_host"
  | "lock"
  | "run"
  | "prepare"
  | "update"
  | "downgrade"
  | "install"
  | "uninstall"
  | "set_repo"
  | "reboot"
  | "put";
type PlainName = Exclude<OperationName, SlowName | "hello">;

const PLAIN: { readonly [N in PlainName]: PlainHandler<N> } = {
  daemon_status: daemonStatus,
  daemon_stop: daemonStop,
  whoami,
  heartbeat,
  load_template: loadTemplateOperation,
  list_metadata: listMetadata,
  list_workspaces: listWorkspaces,
  close_workspace: closeWorkspace,
  list_hosts: listHosts,
  list_products: listProducts,
  remove_host: removeHost,
  list_refhosts: listRefhosts,
  list_locks: listLocks,
  unlock,
  list_queue: listQueue,
  list_events: listEvents,
  takeover,
  list_packages: listPackages,
  export: exportReport,
  testreport_read: testreportRead,
  testreport_logs: testreportLogs,
  testreport_patch: testreportPatch,
  testreport_write: testreportWrite,
  testreport_fill: testreportFill,
  show_diff: showDiff,
  list_bugs: listBugs,
  show_update_repos: showUpdateRepos,
  list_update_commands: listUpdateCommands,
  list_templates: listTemplates,
  unload,
  get,
  show_log: showLog,
  list_history: listHistory,
  set_timeout: setTimeoutOperation,
  list_timeout: listTimeout,
  // `validate` makes one job for each update by itself.
  validate,
  job_list: jobList,
  job_status: jobStatus,
  job_result: jobResult,
  job_wait: jobWait,
  job_cancel: jobCancel,
  job_follow: jobFollow,
};

export const SLOW: { readonly [N in SlowName]: JobHandler<N> } = {
  add_host: addHost,
  lock,
  run,
  prepare,
  update,
  downgrade,
  install,
  uninstall,
  set_repo: setRepo,
  reboot,
  put,
};

export function isSlow(name: string): name is SlowName {
  return Object.hasOwn(SLOW, name);
}

function isPlain(name: string): name is PlainName {
  return Object.hasOwn(PLAIN, name);
}

/**
 * One validated call to its handler, once: a request that comes again under its key is answered as it was. The
 * names are checked against the registry by the server.
 */
export async function dispatch(
  name: string,
  params: unknown,
  { key, ...call }: Call & { key?: string | undefined },
): Promise<unknown> {
  signOfLife(name, params, call);
  assertAllowed(name, params, call);
  const { client, services, signal } = call;
  // A question may be asked as often as one likes.
  if (key === undefined || operationsByName.get(name)?.effect === "read") return carryOut(name, params, call);
  const asked = askedCall(name, { params, client, key });
  if (isSlow(name) || name === "validate") return carryOut(name, params, { ...call, asked });
  return services.remembered.once(asked, {
    signal,
    work: (until) => carryOut(name, params, { ...call, signal: until }),
  });
}

async function carryOut(name: string, params: unknown, call: Call): Promise<unknown> {
  const started = jobsAskedFor(call.asked, call.services);
  if (started.length === 0) assertLease(name, params, call);
  if (isSlow(name)) return callSlow(name, params, call);
  if (isPlain(name)) return callPlain(name, params, call);
  throw new MtuiError("method.unknown", `There is no operation ${name}.`, {
    hint: `Known: ${[...operationsByName.keys()].join(", ")}.`,
  });
}

/**
 * Whoever asks about a workspace is still there, also when nothing is changed; only its own people
 * count. An agent that is at work anywhere keeps all desks of its namespace.
 */
function signOfLife(name: string, params: unknown, { services, client }: Call): void {
  const { workspaces } = services;
  const named = namedWorkspace(name, params, client);
  // Looking at another's desk keeps it for nobody; working there does.
  const counts = operationsByName.get(name)?.effect === "read" ? isOwn : mayChange;
  if (named !== null && counts(named, client)) touch(workspaces.find(named));
  if (client.kind === "agent" && client.namespace !== null)
    for (const each of workspaces.list()) if (each.name.startsWith(`${client.namespace}/`)) touch(each);

  function touch(workspace: Workspace | undefined): void {
    if (workspace !== undefined && !workspace.closing) workspaces.touch(workspace, client.kind);
  }
}

/**
 * A desk that was closed because its lease was over is not just unknown: every call that needs what it
 * had says so, until it is opened again. Closing it is how one says that one has seen it.
 * @throws MtuiError lease.lost
 */
function assertLease(name: string, params: unknown, { services, client }: Call): void {
  const { workspaces, lostLeases } = services;
  const named = namedWorkspace(name, params, client);
  if (named === null || workspaces.find(named) !== undefined) return;
  const lost = lostLeases.find(named);
  if (lost === undefined || opensAgain(name, params)) return;
  if (name === "close_workspace" && mayChange(named, client)) lostLeases.forget(named);
  throw leaseLost(lost);
}

/** Hosts of the pool can only be added where a report is loaded. */
function opensAgain(name: string, params: unknown): boolean {
  if (name === "load_template") return true;
  return name === "add_host" && (params as ParamsOf<"add_host">).target.length > 0;
}

function namedWorkspace(name: string, params: unknown, client: ClientIdentity): string | null {
  if (operationsByName.get(name)?.scope !== "workspace") return null;
  return fullName((params as { workspace: string }).workspace, client);
}

async function callPlain<N extends PlainName>(name: N, params: unknown, call: Call): Promise<ResultOf<N>> {
  const handler: PlainHandler<N> = PLAIN[name];
  return handler(params as ParamsOf<N>, call);
}

async function callSlow<N extends SlowName>(name: N, params: unknown, call: Call): Promise<unknown> {
  const common = params as SlowParams;
  const handler: JobHandler<N> = SLOW[name];
  const [asked] = jobsAskedFor(call.asked, call.services);
  const job = asked ?? startJob(name, { params: params as ParamsOf<N>, common, call, handler });
  if (common.background) return { job: job.view(), result: null };
  await foreground(job, call.signal);
  return { job: job.view(), result: job.end?.result ?? null };
}
