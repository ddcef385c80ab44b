import { join } from "node:path";
import { type Rrid, sameSlot } from "@mtui/core/domain";
import { type ErrorReport, toMtuiError } from "@mtui/core/protocol";
import type { Validation } from "@mtui/core/registry";
import type { HostFault } from "../arbiter/index.ts";
import type { JobEnd } from "../jobs/index.ts";
import * as flow from "../workflow/index.ts";
import { acquireHosts, type AcquireRequest } from "../workspaces/acquire.ts";
import { closeWorkspace } from "../workspaces/close.ts";
import { reconnect } from "../workspaces/reconnect.ts";
import { loadTemplate } from "../workspaces/template-store.ts";
import type { LoadedTemplate } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import type { JobCall } from "./context.ts";
import { waitOf } from "./add-host.ts";
import { leftOut } from "./left-out.ts";
import { type HostPlan, planPool, type PoolWishes } from "./plan-pool.ts";
import { occupied, templateSource } from "./workspaces.ts";
import { stopwatch } from "./stopwatch.ts";
import { tellHosts } from "./tell-hosts.ts";
import { tellLostLocks } from "./tell-lost-locks.ts";
import { validationEnd, validationResult } from "./validation-result.ts";
import { workflowContext } from "./workflow-context.ts";
import { type WrittenResults, writeResults } from "./write-results.ts";

export interface ValidationWishes extends Omit<PoolWishes, "all"> {
  wait?: number | undefined;
  keep: boolean;
  newpackage: boolean;
  after: "leave" | "downgrade";
}

export interface ValidationOrder {
  rrid: Rrid;
  /** The workspace was made for this, and goes with it. */
  fresh: boolean;
  /** Hosts that the workspace had before, and keeps. */
  kept: readonly string[];
  wishes: ValidationWishes;
}

/**
 * One update from its template to its written report: load, claim, clean baseline, prepare, update,
 * compare, write, release. Whatever happens in between, the hosts are given back (unless `keep`),
 * and what could not be released is in the result.
 */
export async function validateOne(call: JobCall, order: ValidationOrder): Promise<JobEnd> {
  const { job } = call;
  const end = job.worked ?? (await work(call, order).catch((thrown: unknown) => job.failure(thrown)));
  // First of all: a next life that finds the hosts gone would do all of it again, on others.
  if (job.begun && job.worked === null) job.hasWorked(end);
  // The next life gives them back.
  if (job.frozen.aborted) return end;
  const unreleased = await giveBack(call, { ...order, kept: new Set(order.kept) });
  for (const { host, reason } of unreleased) job.note(`${host} is not released yet: ${reason}`);
  return end.result === null ? end : { ...end, result: { ...(end.result as Validation), unreleased } };
}

async function work(call: JobCall, { rrid, wishes }: ValidationOrder): Promise<JobEnd> {
  const { services, job, workspace } = call;
  const watch = stopwatch(() => services.clock.now());
  const step = <T>(name: string, run: () => Promise<T>): Promise<T> => {
    job.step(name);
    return watch.time(name, run);
  };

  const template = await step("load", () =>
    loadTemplate(rrid, { ...templateSource(services), signal: job.signal }),
  );
  if (workspace.rridText !== null && workspace.rridText !== rrid.text)
    throw occupied(workspace.name, workspace.rridText);
  workspace.template = template;

  const inventory = await services.inventory(job.signal);
  const plan = await planPool({ ...wishes, all: false }, { inventory: inventory.hosts, workspace, services });
  const context = workflowContext(call, wishes);
  const claiming = services.clock.now();
  const without = await step("claim hosts", () => claimHosts(call, { plan, wishes, context }));
  const waited = (services.clock.now() - claiming) / 1000;

  const hosts = [...workspace.hosts.values()];
  await reconnect(hosts, {
    connector: services.connector,
    signal: job.signal,
    workspace: workspace.name,
    rrid: rrid.text,
  });
  const targets = hosts.map((host) => flow.workflowHost(call.steps.on(host), template.report));
  const { newpackage } = wishes;
  const done = await step("update", () =>
    flow.update(context, { hosts: targets, newpackage, noprepare: false }),
  );
  tellHosts(job, done.hosts);
  tellLostLocks(call, done.hosts);
  for (const host of done.hosts) workspace.history(host.host).update = host;
  if (wishes.after === "downgrade") {
    const passed = targets.filter((_, index) => done.hosts[index]?.state === "ok");
    done.warnings.push(...(await step("downgrade", () => downgradeAfter(context, passed))));
  }
  const { written, unwritten } = await step("write report", () =>
    writeOrSayWhyNot(call, { hosts: done.hosts, template }),
  );

  const result = validationResult({
    rrid: rrid.text,
    workspace: workspace.name,
    plan: { slots: plan.slots, missing: [...plan.missing, ...without.noHost] },
    hosts: hosts.map((host, index) => ({ host, update: done.hosts[index] })),
    written,
    waited,
    seconds: watch.total(),
    steps: watch.steps,
    warnings: [
      ...services.lostLeases.reopened(workspace.name),
      ...inventory.warnings,
      ...template.report.warnings,
      ...plan.warnings,
      ...without.warnings,
      ...done.warnings,
      ...written.warnings,
    ],
  });
  const end = validationEnd(job, result);
  return unwritten === null ? end : { state: "failed", result, error: end.error ?? unwritten };
}

/** Hosts for the plan's slots, into the workspace. @returns what a partial request went without */
async function claimHosts(
  { services, job, workspace }: JobCall,
  { plan, wishes, context }: { plan: HostPlan; wishes: ValidationWishes; context: flow.WorkflowContext },
): ReturnType<typeof leftOut> {
  let unserved: readonly number[] = [];
  const request: AcquireRequest = {
    workspace,
    job: job.id,
    slots: plan.slots,
    wait: {
      own: wishes.wait === undefined ? Infinity : waitOf(wishes, { services, job }).own,
      foreign: wishes.wait ?? services.config.lock.wait,
    },
    partial: plan.partial,
    refuseOperationLocks: true,
    // A look, and a left-over of others swept away, begins nothing: it may be done again.
    inspect: (host, signal) =>
      inspect(host, { ...context, signal, waitForLock: { seconds: 0 }, begin: () => undefined }),
    signal: job.cancelled,
    onTicket: (ticket) => job.waiting(ticket),
    onLeftOut: (slots) => (unserved = slots),
  };
  try {
    const fresh = job.again && job.cancelled.aborted ? [] : await acquireHosts(services, request);
    for (const host of fresh) workspace.hosts.set(host.claim.hostName, host);
  } catch (thrown) {
    if (!job.again || !job.cancelled.aborted) throw thrown;
  }
  // No host is taken for it any more, but what it has begun on those that it has is ended there.
  if (job.again && job.cancelled.aborted) unserved = unservedOf(plan, workspace);
  const without = await leftOut(plan, { slots: unserved, workspace, services });
  workspace.noHost = [...plan.missing, ...without.noHost];
  return without;
}

function unservedOf({ slots }: HostPlan, { hosts }: JobCall["workspace"]): number[] {
  const served = [...hosts.values()].flatMap((host) => host.slots);
  return slots.flatMap(({ slot }, index) => (served.some((each) => sameSlot(each, slot)) ? [] : [index]));
}

/** @returns what went wrong, in words: the verdict is there already, and stays */
async function downgradeAfter(context: flow.WorkflowContext, hosts: flow.WorkflowHost[]): Promise<string[]> {
  try {
    const back = await flow.downgrade(context, { hosts });
    return back.hosts.flatMap(({ host, state, error }) =>
      state === "ok" ? [] : [`${host} was not downgraded: ${error?.message ?? state}`],
    );
  } catch (thrown) {
    return [`nothing was downgraded: ${toMtuiError(thrown).message}`];
  }
}

/** What hours of work have found out is not lost with the file that it could not be written to. */
async function writeOrSayWhyNot(
  call: JobCall,
  { hosts, template }: { hosts: flow.HostUpdate[]; template: LoadedTemplate },
): Promise<{ written: WrittenResults; unwritten: ErrorReport | null }> {
  try {
    return { written: await writeResults(call, { force: true, hosts }), unwritten: null };
  } catch (thrown) {
    const unwritten = toMtuiError(thrown).toReport();
    const warnings = [`the report was not written: ${unwritten.message}`];
    return { written: { report: join(template.path, "log"), logOf: new Map(), warnings }, unwritten };
  }
}

/** Left-overs of an earlier update are cleaned; a host that somebody works on is not fit. */
async function inspect(host: WorkspaceHost, context: flow.WorkflowContext): Promise<HostFault | null> {
  const [baseline] = await flow.cleanBaseline(context, {
    hosts: [flow.workflowHost(host.session, context.report)],
  });
  if (baseline === undefined || baseline.state === "clean") return null;
  const { state, error, repositories } = baseline;
  if (state === "unknown" && error !== null) return { kind: "unreachable", error };
  const aliases = repositories.map(({ alias }) => alias).join(", ");
  return { kind: "dirty", reason: error?.message ?? `left-over repositories: ${aliases}` };
}

async function giveBack(
  { services, workspace, job }: JobCall,
  { fresh, wishes, kept }: Omit<ValidationOrder, "kept"> & { kept: ReadonlySet<string> },
): Promise<Validation["unreleased"]> {
  if (wishes.keep) return [];
  if (fresh && kept.size === 0) {
    const closed = await closeWorkspace(workspace, {
      ...services,
      reason: "Its update is validated.",
      by: job,
    });
    return closed.unreleased;
  }
  const mine = [...workspace.hosts.values()].filter((host) => !kept.has(host.claim.hostName));
  const reports = await Promise.all(mine.map((host) => services.releaser.release(host)));
  for (const host of mine) workspace.hosts.delete(host.claim.hostName);
  return reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }]));
}
