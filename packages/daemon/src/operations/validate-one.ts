import { type Rrid, sameSlot, updateVerdict } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Validation } from "@mtui/core/registry";
import type { JobEnd } from "../jobs/index.ts";
import * as flow from "../workflow/index.ts";
import { acquireHosts } from "../workspaces/acquire.ts";
import { closeWorkspace } from "../workspaces/close.ts";
import { reconnect } from "../workspaces/reconnect.ts";
import { loadTemplate } from "../workspaces/template-store.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import { planPool } from "./add-host.ts";
import type { JobCall } from "./context.ts";
import { occupied, templateSource } from "./workspaces.ts";
import { slotView } from "./views.ts";
import { workflowContext } from "./workflow-context.ts";
import { writeResults } from "./write-results.ts";

export interface ValidationWishes {
  wait?: number | undefined;
  keep: boolean;
  newpackage: boolean;
  after: "leave" | "downgrade";
}

interface Order {
  rrid: Rrid;
  /** The workspace was made for this, and goes with it. */
  fresh: boolean;
  wishes: ValidationWishes;
}

/**
 * One update from its template to its written report: load, claim, clean baseline, prepare, update,
 * compare, write, release. Whatever happens in between, the hosts are given back (unless `keep`),
 * and what could not be released is in the result.
 */
export async function validateOne(call: JobCall, order: Order): Promise<JobEnd> {
  const kept = new Set(call.workspace.hosts.keys());
  let end: JobEnd | null = null;
  try {
    end = await work(call, order);
    return end;
  } finally {
    const unreleased = await giveBack(call, { ...order, kept });
    if (end !== null) (end.result as Validation).unreleased = unreleased;
  }
}

async function work(call: JobCall, { rrid, wishes }: Order): Promise<JobEnd> {
  const { services, job, workspace } = call;
  const watch = stopwatch(() => services.clock.now());
  const step = <T>(name: string, run: () => Promise<T>): Promise<T> => {
    job.step(name);
    return watch.time(name, run);
  };

  const template = await step("load", () => loadTemplate(rrid, { ...templateSource(services), signal: job.signal }));
  if (workspace.rridText !== null && workspace.rridText !== rrid.text) throw occupied(workspace.name, workspace.rridText);
  workspace.template = template;

  const inventory = await services.inventory(job.signal);
  const plan = planPool({ strict: false, all: false, partial: false }, { inventory: inventory.hosts, workspace, services });
  const context = workflowContext(call, wishes);
  const waited = services.clock.now();
  const fresh = await step("claim hosts", () =>
    acquireHosts(services, {
      workspace,
      job: job.id,
      slots: plan.slots,
      wait: { own: wishes.wait ?? Infinity, foreign: wishes.wait ?? services.config.lock.wait },
      partial: false,
      refuseOperationLocks: true,
      inspect: (host) => inspect(host, { ...context, waitForLock: { seconds: 0 } }),
      signal: job.signal,
      onTicket: (ticket) => job.waiting(ticket),
    }),
  );
  const waitedSeconds = (services.clock.now() - waited) / 1000;
  for (const host of fresh) workspace.hosts.set(host.claim.hostName, host);
  workspace.noHost = plan.missing;

  const hosts = [...workspace.hosts.values()];
  await reconnect(hosts, {
    connector: services.connector,
    signal: job.signal,
    workspace: workspace.name,
    rrid: rrid.text,
  });
  const targets = hosts.map(({ session }) => flow.workflowHost(session, template.report));
  const { newpackage } = wishes;
  const done = await step("update", () => flow.update(context, { hosts: targets, newpackage, noprepare: false }));
  for (const host of done.hosts) workspace.history(host.host).update = host;
  if (wishes.after === "downgrade") {
    const passed = targets.filter((_, index) => done.hosts[index]?.state === "ok");
    await step("downgrade", () => flow.downgrade(context, { hosts: passed }));
  }
  const written = await step("write report", () => writeResults(call, { force: true, hosts: done.hosts }));

  const verdict = updateVerdict([
    ...plan.slots.map(({ slot }) => ({
      hosts: done.hosts.filter((_, index) => hosts[index]?.slots.some((each) => sameSlot(each, slot))).map((host) => host.verdict),
    })),
    ...plan.missing.map(() => ({ hosts: [] })),
  ]);
  const result: Validation = {
    rrid: rrid.text,
    workspace: workspace.name,
    verdict,
    hosts: done.hosts.map((host, index) => ({
      host: host.host,
      system: host.system,
      slots: hosts[index]?.slots.map(slotView) ?? [],
      state: host.state,
      verdict: host.verdict,
      packages: host.packages,
      log: written.logOf.get(host.host) ?? null,
      warnings: [...(hosts[index]?.warnings ?? []), ...host.warnings],
      error: host.error,
    })),
    no_host: plan.missing.map(({ slot, reason }) => ({ slot: slotView(slot), reason })),
    waited: waitedSeconds,
    seconds: watch.total(),
    steps: watch.steps,
    report: written.report,
    unreleased: [],
    warnings: [...inventory.warnings, ...template.report.warnings, ...plan.warnings, ...done.warnings, ...written.warnings],
  };
  return { state: endState(call, result), result, ...errorOf(result) };
}

/** Left-overs of an earlier update are cleaned; a host that somebody works on is not fit. */
async function inspect(host: WorkspaceHost, context: flow.WorkflowContext): Promise<string | null> {
  const [baseline] = await flow.cleanBaseline(context, { hosts: [flow.workflowHost(host.session, context.report)] });
  if (baseline === undefined || baseline.state === "clean") return null;
  return baseline.error?.message ?? `left-over repositories: ${baseline.repositories.map(({ alias }) => alias).join(", ")}`;
}

async function giveBack(
  { services, workspace, job }: JobCall,
  { fresh, wishes, kept }: Order & { kept: ReadonlySet<string> },
): Promise<Validation["unreleased"]> {
  if (wishes.keep) return [];
  if (fresh && kept.size === 0) {
    const closed = await closeWorkspace(workspace, { ...services, reason: "Its update is validated.", by: job });
    return closed.unreleased;
  }
  const mine = [...workspace.hosts.values()].filter((host) => !kept.has(host.claim.hostName));
  const reports = await Promise.all(mine.map((host) => services.releaser.release(host)));
  for (const host of mine) workspace.hosts.delete(host.claim.hostName);
  return reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }]));
}

function endState({ job }: JobCall, { verdict, hosts }: Validation): JobEnd["state"] {
  if (verdict !== "FAILED") return job.signal.aborted && verdict === "INCOMPLETE" ? "cancelled" : "done";
  if (hosts.some((host) => host.verdict === "FAILED")) return "failed";
  if (hosts.some((host) => host.verdict === "LOST")) return "lost";
  return job.signal.aborted ? "cancelled" : "failed";
}

function errorOf({ rrid, verdict, hosts, report }: Validation): Pick<JobEnd, "error"> {
  if (verdict !== "FAILED") return {};
  const bad = hosts.filter((host) => host.verdict !== "PASSED" && host.verdict !== "NOT_TESTED");
  const each = bad.map(({ host, verdict: how, error }) => `${host} ${how}${error === null ? "" : `: ${error.message}`}`);
  const error = new MtuiError("operation.failed", `${rrid} FAILED: ${each.join("; ")}`, {
    hint: `The report and the hosts' logs say more: ${report}`,
  });
  return { error: error.toReport() };
}

interface Stopwatch {
  steps: { step: string; seconds: number }[];
  time: <T>(step: string, run: () => Promise<T>) => Promise<T>;
  total: () => number;
}

function stopwatch(now: () => number): Stopwatch {
  const begun = now();
  const steps: Stopwatch["steps"] = [];
  return {
    steps,
    async time(step, run) {
      const started = now();
      try {
        return await run();
      } finally {
        steps.push({ step, seconds: (now() - started) / 1000 });
      }
    },
    total: () => (now() - begun) / 1000,
  };
}
