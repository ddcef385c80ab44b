import { MtuiError } from "@mtui/core/protocol";
import { type OperationName, operationsByName, type ParamsOf, type ResultOf } from "@mtui/core/registry";
import { addHost } from "./add-host.ts";
import { fullName, mayChange } from "../workspaces/names.ts";
import type { Call, JobHandler, PlainHandler } from "./context.ts";
import { daemonStatus, daemonStop, whoami } from "./daemon.ts";
import { exportReport } from "./export.ts";
import { removeHost } from "./hosts.ts";
import { jobCancel, jobFollow, jobList, jobResult, jobStatus, jobWait } from "./jobs.ts";
import { listPackages } from "./list-packages.ts";
import { listRefhosts } from "./list-refhosts.ts";
import { lock } from "./lock.ts";
import { listLocks, unlock } from "./locks.ts";
import { listQueue } from "./queue.ts";
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

type SlowName =
  | "add_host"
  | "lock"
  | "run"
  | "prepare"
  | "update"
  | "downgrade"
  | "install"
  | "uninstall"
  | "set_repo"
  | "reboot";
type PlainName = Exclude<OperationName, SlowName | "hello">;

const PLAIN: { readonly [N in PlainName]: PlainHandler<N> } = {
  daemon_status: daemonStatus,
  daemon_stop: daemonStop,
  whoami,
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
  list_packages: listPackages,
  export: exportReport,
  // `validate` makes one job for each update by itself.
  validate,
  job_list: jobList,
  job_status: jobStatus,
  job_result: jobResult,
  job_wait: jobWait,
  job_cancel: jobCancel,
  job_follow: jobFollow,
};

const SLOW: { readonly [N in SlowName]: JobHandler<N> } = {
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
};

function isSlow(name: string): name is SlowName {
  return Object.hasOwn(SLOW, name);
}

function isPlain(name: string): name is PlainName {
  return Object.hasOwn(PLAIN, name);
}

/** One validated call to its handler. The names are checked against the registry by the server. */
export async function dispatch(name: string, params: unknown, call: Call): Promise<unknown> {
  signOfLife(name, params, call);
  if (isSlow(name)) return callSlow(name, params, call);
  if (isPlain(name)) return callPlain(name, params, call);
  throw new MtuiError("method.unknown", `There is no operation ${name}.`, {
    hint: `Known: ${[...operationsByName.keys()].join(", ")}.`,
  });
}

/** Whoever asks about a workspace is still there, also when nothing is changed; only its own people count. */
function signOfLife(name: string, params: unknown, { services, client }: Call): void {
  if (operationsByName.get(name)?.scope !== "workspace") return;
  const full = fullName((params as { workspace: string }).workspace, client);
  const workspace = services.workspaces.find(full);
  if (workspace === undefined || workspace.closing || !mayChange(full, client)) return;
  services.workspaces.touch(workspace, client.kind);
}

/**
 * Begins jobs of the daemon's former life again, under their old ids.
 * @throws MtuiError or ZodError when this version cannot make anything of what is written down
 */
export function resumeJobs(services: Services): (again: FormerJob) => Job {
  const validation = resumeValidations(services);
  return (again) => {
    const { operation, recipe } = again.former;
    const params = operationsByName.get(operation)?.params.parse(recipe?.params);
    if (recipe === null || params === undefined) throw new Error(`no recipe for ${operation}`);
    if (operation === "validate") return validation(again, params as ParamsOf<"validate">);
    if (!isSlow(operation)) throw new Error(`${operation} is not a job`);
    return resumeSlow(operation, { params, again, call: { services, client: recipe.client } });
  };
}

function resumeSlow<N extends SlowName>(
  name: N,
  { params, again, call }: { params: unknown; again: FormerJob; call: Pick<Call, "services" | "client"> },
): Job {
  const handler: JobHandler<N> = SLOW[name];
  return startJob(name, { params: params as ParamsOf<N>, common: params as SlowParams, call, handler, again });
}

async function callPlain<N extends PlainName>(name: N, params: unknown, call: Call): Promise<ResultOf<N>> {
  const handler: PlainHandler<N> = PLAIN[name];
  return handler(params as ParamsOf<N>, call);
}

async function callSlow<N extends SlowName>(name: N, params: unknown, call: Call): Promise<unknown> {
  const common = params as SlowParams;
  const handler: JobHandler<N> = SLOW[name];
  const job = startJob(name, { params: params as ParamsOf<N>, common, call, handler });
  if (common.background) return { job: job.view(), result: null };
  await foreground(job, call.signal);
  return { job: job.view(), result: job.end?.result ?? null };
}
