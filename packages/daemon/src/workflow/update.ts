import type { HostVerdict, UpdateStep } from "@mtui/core/domain";
import type { HostResult } from "@mtui/core/registry";
import { comparePackages, type PackageResult, verdictOf } from "./compare-packages.ts";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { planWithRepositories } from "./host-plan.ts";
import { operate } from "./operate.ts";
import { newEvidence, type UpdateEvidence, updateHost } from "./update-host.ts";

export interface UpdateSettings {
  /** Also install packages that are new in this update. */
  readonly newpackage: boolean;
  readonly noprepare: boolean;
  /** Remove the repositories that other updates left behind first. @default false */
  readonly clean?: boolean;
  /** Downgrade the hosts whose update failed. @default true */
  readonly rollback?: boolean;
}

/** What an update did to one host: the material of its report. */
export type HostUpdate = HostResult & { packages: PackageResult[]; verdict: HostVerdict };

/**
 * Installs the update on hosts and compares their packages before and after, all under one taking of
 * the operation locks: nobody gets in between preparing, updating and comparing.
 * @throws MtuiError lock.foreign; nothing was changed then
 */
export async function update(
  context: WorkflowContext,
  { hosts, ...settings }: { hosts: readonly WorkflowHost[] } & UpdateSettings,
): Promise<{ hosts: HostUpdate[]; warnings: string[] }> {
  const evidence = new Map<string, UpdateEvidence>();
  const done = await operate(context, {
    name: "update",
    hosts,
    plan: (host) => planWithRepositories(context, host),
    history: (plan) => ["update", context.rrid?.text ?? "-", Object.keys(plan.required).sort().join(" ")],
    work: async (run, plan) => {
      const seen = newEvidence();
      evidence.set(run.name, seen);
      await updateHost(run, { plan, settings, evidence: seen });
    },
  });
  return {
    hosts: done.map(({ result }, index) => {
      const seen = evidence.get(result.host) ?? newEvidence();
      const step = stepOf(seen, result);
      const packages = comparePackages(hosts[index]?.required ?? {}, {
        evidence: seen,
        newpackage: settings.newpackage,
      });
      return { ...result, packages, verdict: verdictOf(step, packages) };
    }),
    warnings: [],
  };
}

/** A host that went away at any point of the operation can not be spoken for, whatever was seen before. */
function stepOf({ step }: UpdateEvidence, { state }: HostResult): UpdateStep {
  return state === "lost" || state === "unreachable" ? "lost" : step;
}
