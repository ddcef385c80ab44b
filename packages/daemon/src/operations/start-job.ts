import type { OperationName, ParamsOf } from "@mtui/core/registry";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Job, JobEnd, SavedJob } from "../jobs/index.ts";
import { fullName } from "../workspaces/names.ts";
import { reopen } from "../workspaces/reconnect.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import { askedNote } from "../asked/index.ts";
import { JobSteps, type JobStepsOptions } from "../jobs/steps/index.ts";
import type { Call, JobHandler, Services } from "./context.ts";

export interface SlowParams {
  workspace: string;
  background: boolean;
}

/** A job of the daemon's former life that begins again. */
export interface FormerJob {
  id: string;
  former: SavedJob;
  /** How its work ended, when all that is left is to give its hosts back. */
  worked?: JobEnd | undefined;
}

/**
 * Starts a slow operation as a job in its workspace's lane. The job belongs to the workspace: the
 * caller may vanish at any time. A foreground call merely waits for the end.
 */
export function startJob<N extends OperationName>(
  operation: N,
  options: {
    params: ParamsOf<N>;
    common: SlowParams;
    call: Pick<Call, "services" | "client" | "asked">;
    handler: JobHandler<N>;
    again?: FormerJob | undefined;
  },
): Job {
  const { params, common, call, handler, again } = options;
  const { services, client } = call;
  const name = fullName(common.workspace, client);
  const { workspace, discard } = deskFor(operation, { name, call });
  const request = {
    operation,
    command: inWords(operation, params),
    workspace: name,
    rrid: workspace.rridText,
    recipe: { params, client, notes: askedNote(call.asked) },
  };
  const work = (job: Job): Promise<JobEnd> => {
    const steps = stepsOf(job, services);
    return inLane(job, {
      workspace,
      work: () => handler(params, { services, client, job, workspace, steps }).finally(discard),
    });
  };
  if (again !== undefined) return services.jobs.restart(again.id, { ...again, work });
  try {
    return services.jobs.start(request, work);
  } catch (thrown) {
    discard();
    throw thrown;
  }
}

export function stepsOf(job: Job, services: Services): JobSteps {
  const steps = new JobSteps({ ...services.steps, job, reach: reachIn(job.request.workspace, services) });
  void job.ended.then(() => {
    steps.end();
    const workspace = services.workspaces.find(job.request.workspace);
    for (const [name, host] of workspace?.hosts ?? []) {
      const history = workspace?.histories.get(name);
      if (history !== undefined) services.ledger.saveHistory(host, history);
    }
  });
  return steps;
}

/** Connects a host of the workspace that is not connected: it was away when the daemon was started again. */
function reachIn(name: string, { workspaces, connector }: Services): JobStepsOptions["reach"] {
  return async (hostName, signal) => {
    const workspace = workspaces.find(name);
    const host = workspace?.hosts.get(hostName);
    if (workspace === undefined || host === undefined || host.session.connected) return null;
    try {
      await reopen(host, { connector, signal, workspace: name, rrid: workspace.rridText });
      return null;
    } catch (thrown) {
      return toMtuiError(thrown).toReport();
    }
  };
}

/**
 * The workspace that an operation works on. Only `add_host` makes one, and takes it back when it could
 * add nothing: a mistyped name leaves no desk behind.
 */
function deskFor(
  operation: string,
  { name, call }: { name: string; call: Pick<Call, "services" | "client"> },
): { workspace: Workspace; discard: () => void } {
  const { workspaces } = call.services;
  const known = workspaces.find(name);
  if (known !== undefined) return { workspace: workspaces.open(name, call.client), discard: () => undefined };
  if (operation !== "add_host") return { workspace: workspaces.require(name), discard: () => undefined };
  const workspace = workspaces.open(name, call.client);
  return {
    workspace,
    discard: () => {
      const bare = workspace.hosts.size === 0 && workspace.template === null && workspace.lane.pending <= 1;
      if (bare) workspaces.forget(workspace);
    },
  };
}

export async function inLane(
  job: Job,
  options: { workspace: Workspace; work: () => Promise<JobEnd> },
): Promise<JobEnd> {
  const { workspace, work } = options;
  // What it began in a former life has to be found, and ended if need be, whatever becomes of the desk meanwhile.
  const { again: begun } = job;
  return workspace.mutate(
    async () => {
      job.signal.throwIfAborted();
      job.running();
      return work();
    },
    { signal: begun ? AbortSignal.any([job.signal, job.frozen]) : job.signal, begun },
  );
}

/** The reply of a foreground call: the job and its result; a failure without a result is thrown. */
export async function foreground(job: Job, signal: AbortSignal): Promise<void> {
  const gone = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => gone.resolve(), { once: true });
  const left = await Promise.race([job.ended, gone.promise, job.left]);
  if (left !== undefined) throw left;
  if (!job.final) {
    throw new MtuiError("request.cancelled", `Job ${job.id} goes on without its caller.`, {
      hint: `mtuictl job follow ${job.id}`,
      data: { job: job.id },
    });
  }
  const end = job.end;
  if (end !== null && end.result === null && end.error !== undefined) {
    const { kind, message, hint, retryable, data } = end.error;
    throw new MtuiError(kind, message, {
      retryable,
      data: { ...data, job: job.id },
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** `update -t ant (SUSE:Maintenance:1:2)`: what was asked for, for lists of jobs. */
export function inWords(operation: string, params: object): string {
  const words = [operation.replaceAll("_", "-")];
  for (const [key, value] of Object.entries(params)) {
    if (
      key === "workspace" ||
      key === "background" ||
      key === "content" ||
      value === undefined ||
      value === false
    )
      continue;
    if (Array.isArray(value)) {
      if (value.length === 0) continue;
      if (key === "hosts" || key === "target") words.push(...value.map((host) => `-t ${String(host)}`));
      else words.push(value.map(String).join(" "));
    } else if (value === true) words.push(`--${key}`);
    else words.push(key === "operation" ? String(value) : `--${key} ${String(value)}`);
  }
  const text = words.join(" ");
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
