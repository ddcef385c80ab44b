import type { HostResult } from "@mtui/core/registry";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { planWithRepositories } from "./host-plan.ts";
import { operate } from "./operate.ts";
import { addRepositories, refresh, removeRepositories } from "./repositories.ts";

/** Adds or removes the update's repositories on hosts, and refreshes. */
export async function setRepo(
  context: WorkflowContext,
  { hosts, operation }: { hosts: readonly WorkflowHost[]; operation: "add" | "remove" },
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const done = await operate(context, {
    name: "set_repo",
    hosts,
    plan: (host) => planWithRepositories(context, host),
    work: async (run, plan) => {
      const changed = await (operation === "add" ? addRepositories : removeRepositories)(run, plan);
      if (changed === 0)
        run.warnings.push(operation === "add" ? "already there" : "there was none to remove");
      await refresh(run, plan);
    },
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}
