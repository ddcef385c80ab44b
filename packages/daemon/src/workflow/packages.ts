import { type Family, familyOf, type PlanStep } from "@mtui/core/domain";
import type { HostResult } from "@mtui/core/registry";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { type HostRun, runStep } from "./host-run.ts";
import { operate } from "./operate.ts";
import { rebootHost } from "./reboot.ts";

interface PackageRequest {
  readonly hosts: readonly WorkflowHost[];
  readonly packages: readonly string[];
}

/** @throws MtuiError params.invalid for a text that is no package name, lock.foreign */
export function install(context: WorkflowContext, request: PackageRequest): ReturnType<typeof change> {
  return change(context, { ...request, name: "install", step: (family) => family.install(request.packages) });
}

/** @throws MtuiError params.invalid for a text that is no package name, lock.foreign */
export function uninstall(context: WorkflowContext, request: PackageRequest): ReturnType<typeof change> {
  return change(context, {
    ...request,
    name: "uninstall",
    step: (family) => family.uninstall(request.packages),
  });
}

async function change(
  context: WorkflowContext,
  { hosts, packages, name, step }: PackageRequest & { name: string; step: (family: Family) => PlanStep },
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const done = await operate(context, {
    name,
    hosts,
    plan: (host) => {
      const family = familyOf(host.session.facts);
      return { family, step: step(family) };
    },
    history: () => [name, packages.join(" ")],
    work: changeHost,
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}

async function changeHost(run: HostRun, { family, step }: { family: Family; step: PlanStep }): Promise<void> {
  await runStep(run, { plan: step, tool: family.tool });
  if (family.rebootAfterChange) await rebootHost(run);
}
