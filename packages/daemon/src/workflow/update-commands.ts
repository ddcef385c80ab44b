import type { PlanStep } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { type HostPlan, planWithRepositories } from "./host-plan.ts";

export interface PlannedCommands {
  readonly hosts: string[];
  readonly commands: string[];
  readonly error: string | null;
}

/** Stands for the patches' names, which only the host knows once it has the repositories. */
const PATCHES = "PATCH";

/** What an update would run on each host, in order; equal ones once. Asks no host. */
export function updateCommands(context: WorkflowContext, hosts: readonly WorkflowHost[]): PlannedCommands[] {
  const groups = new Map<string, PlannedCommands>();
  for (const host of hosts) {
    const planned = plannedOn(context, host);
    const key = JSON.stringify(planned);
    const group = groups.get(key) ?? { hosts: [], ...planned };
    group.hosts.push(host.session.name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function plannedOn(context: WorkflowContext, host: WorkflowHost): Omit<PlannedCommands, "hosts"> {
  try {
    const plan = planWithRepositories(context, host);
    return { commands: stepsOf(plan).map(({ command }) => command), error: null };
  } catch (thrown) {
    return { commands: [], error: toMtuiError(thrown).message };
  }
}

function stepsOf(plan: HostPlan): PlanStep[] {
  const { family, packages, repositories, kind } = plan;
  const of = family.repositories;
  const aliases = repositories.map(({ alias }) => alias);
  const install =
    family.patches === null
      ? [family.updatePackages?.(packages)]
      : [family.patches.list(), family.patches.install([PATCHES])];
  const steps = [
    family.prepare(packages, { force: false, testing: false }),
    ...(of === null ? [] : repositories.map(({ alias, url }) => of.add({ alias, url, kind }))),
    of?.refresh(),
    ...install,
    ...(of === null ? [] : aliases.map((alias) => of.remove(alias))),
  ];
  return steps.filter((step) => step !== undefined);
}
