import { compareRpmVersions, highestOffers, parseOffers } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { type HostPlan, planHost } from "./host-plan.ts";
import { type HostRun, runStep, stopFailed } from "./host-run.ts";
import { operate } from "./operate.ts";
import { rebootHost } from "./reboot.ts";
import { refresh, removeRepositories } from "./repositories.ts";
import { installedVersions } from "./versions.ts";

/** Goes back to the highest versions that the released repositories offer. */
export async function downgrade(
  context: WorkflowContext,
  { hosts }: { hosts: readonly WorkflowHost[] },
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const done = await operate(context, {
    name: "downgrade",
    hosts,
    plan: (host) => planDowngrade(context, host),
    history: (plan) => ["downgrade", context.rrid?.text ?? "-", Object.keys(plan.required).join(" ")],
    work: downgradeHost,
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}

function planDowngrade(context: WorkflowContext, host: WorkflowHost): HostPlan {
  const plan = planHost(context, host);
  if (plan.family.downgrade !== null) return plan;
  throw new MtuiError(
    "host.unsupported",
    `Packages of a ${host.session.facts.system} cannot be downgraded.`,
    {
      hint: "Reinstall the released packages by hand: mtuictl run.",
    },
  );
}

/**
 * Removes the update's repositories, then brings every installed package down to what is left. Each
 * package is tried even when another one failed; the versions afterwards decide.
 * @throws HostStop when a package is not where it should be
 */
export async function downgradeHost(run: HostRun, plan: HostPlan): Promise<void> {
  await removeRepositories(run, plan);
  await refresh(run, plan);
  const targets = await downgradeTargets(run, plan);
  if (targets.length === 0) {
    run.warnings.push("nothing to downgrade: no package is newer than what the repositories offer");
    return;
  }
  const { tool, rebootAfterChange, downgrade: steps } = plan.family;
  const problems: string[] = [];
  for (const step of steps?.(targets) ?? []) {
    const { judgement } = await runStep(run, { plan: step, tool, tolerate: true });
    if (judgement.meaning === "failed") problems.push(`${step.command}: ${judgement.reason ?? "failed"}`);
  }
  if (rebootAfterChange) {
    if (problems.length > 0) throw stopFailed(`downgrade: ${problems.join("; ")}`);
    await rebootHost(run);
  }
  const after = await installedVersions(
    run,
    targets.map(({ name }) => name),
  );
  const wrong = targets.filter(({ name, version }) => {
    const now = after.get(name) ?? null;
    return now === null || compareRpmVersions(now, withoutEpoch(version)) !== 0;
  });
  if (wrong.length === 0) return;
  const names = wrong.map(
    ({ name, version }) => `${name} is ${after.get(name) ?? "not installed"} instead of ${version}`,
  );
  throw stopFailed(`downgrade not completed: ${[...names, ...problems].join("; ")}`);
}

async function downgradeTargets(run: HostRun, plan: HostPlan): Promise<{ name: string; version: string }[]> {
  const all = Object.keys(plan.required).sort();
  const installed = await installedVersions(run, all);
  const present = all.filter((name) => installed.get(name) !== null);
  if (present.length === 0) return [];
  const { offers } = plan.family;
  if (offers === null) throw stopFailed("downgrade: this family cannot be asked for its released versions");
  const answer = await runStep(run, { plan: offers(present), tool: "zypper" });
  const rows = answer.judgement.meaning === "nothing" ? [] : parseOffers(answer.stdout);
  if (rows === null || !answer.complete)
    throw stopFailed("query offers: zypper's answer is no table of packages");
  const highest = highestOffers(rows);
  const targets: { name: string; version: string }[] = [];
  for (const name of present) {
    const version = highest.get(name);
    if (version === undefined) {
      run.warnings.push(`${name} stays: no enabled repository offers it`);
    } else if (compareRpmVersions(installed.get(name) ?? "", withoutEpoch(version)) > 0) {
      targets.push({ name, version });
    }
  }
  return targets;
}

/** rpm's query, as every mtui sends it, answers without the epoch that zypper shows. */
function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, "");
}
