import { highestOffers, parseOffers, searchedEverything } from "@mtui/core/domain";
import type { HostResult } from "@mtui/core/registry";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { type HostPlan, planHost, planWithRepositories } from "./host-plan.ts";
import { type HostRun, runStep, stopFailed } from "./host-run.ts";
import { operate } from "./operate.ts";
import { rebootHost } from "./reboot.ts";
import { addRepositories, refresh, removeRepositories } from "./repositories.ts";
import { installedVersions } from "./versions.ts";

export interface PrepareSettings {
  /** Let the solver remove what stands in the way. */
  readonly force: boolean;
  /** Only packages that are installed already. */
  readonly installed: boolean;
  /** With the update's repositories instead of without them. */
  readonly testing: boolean;
}

/** Installs the hosts' packages from the released repositories, or with the update's (`testing`). */
export async function prepare(
  context: WorkflowContext,
  { hosts, ...settings }: { hosts: readonly WorkflowHost[] } & PrepareSettings,
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const done = await operate(context, {
    name: "prepare",
    hosts,
    plan: (host) => (settings.testing ? planWithRepositories : planHost)(context, host),
    work: async (run, plan) => {
      await prepareHost(run, { plan, settings });
    },
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}

/**
 * @returns the packages that no enabled repository offers: not available, which is no failure
 * @throws HostStop
 */
export async function prepareHost(
  run: HostRun,
  { plan, settings }: { plan: HostPlan; settings: PrepareSettings },
): Promise<ReadonlySet<string>> {
  await (settings.testing ? addRepositories : removeRepositories)(run, plan);
  await refresh(run, plan);
  const { packages, missing } = settings.installed
    ? { packages: await installedOf(run, plan), missing: new Set<string>() }
    : await offeredOf(run, plan);
  if (packages.length === 0) {
    run.warnings.push(
      settings.installed
        ? "none of the update's packages is installed: nothing was prepared"
        : "no enabled repository offers any of the update's packages: nothing was prepared",
    );
    return missing;
  }
  const { tool, rebootAfterChange } = plan.family;
  await runStep(run, { plan: plan.family.prepare(packages, settings), tool });
  // Only an answer that passed the check gets here: a refused snapshot is never booted.
  if (rebootAfterChange) await rebootHost(run);
  return missing;
}

async function installedOf(run: HostRun, { packages }: HostPlan): Promise<string[]> {
  if (packages.length === 0) return [];
  const versions = await installedVersions(run, packages);
  return packages.filter((name) => versions.get(name) !== null);
}

/** The packages to install, and those that nobody offers. */
export async function offeredOf(
  run: HostRun,
  { family, packages }: HostPlan,
): Promise<{ packages: readonly string[]; missing: Set<string> }> {
  if (family.offers === null || packages.length === 0) return { packages, missing: new Set() };
  const answer = await runStep(run, { plan: family.offers(packages), tool: "zypper" });
  const rows = answer.judgement.meaning === "nothing" ? [] : parseOffers(answer.stdout);
  if (rows === null || !answer.complete)
    throw stopFailed("query offers: zypper's answer is no table of packages");
  // A repository that was skipped may offer what is not listed: let the installation find out.
  if (!searchedEverything(answer)) return { packages, missing: new Set() };
  const offered = highestOffers(rows);
  const missing = new Set(packages.filter((name) => !offered.has(name)));
  if (missing.size > 0) run.warnings.push(`not available: ${[...missing].join(", ")}`);
  return { packages: packages.filter((name) => offered.has(name)), missing };
}
