import { nearest } from "@mtui/core/config";
import type { RefHost } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { ParamsOf } from "@mtui/core/registry";
import { acquireHosts } from "../workspaces/acquire.ts";
import type { Job } from "../jobs/index.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { JobHandler, Services } from "./context.ts";
import { leftOut } from "./left-out.ts";
import { ANY, type HostPlan, planPool } from "./plan-pool.ts";
import { hostViewOf } from "./views.ts";

/** A job that begins again may find what it left itself, which has to be removed first. */
const AFTER_RESTART_S = 60;

/** Seconds: our own workspaces and other people's locks, per operation (docs/formats/config.md). */
export function waitOf(
  params: { wait?: number | undefined },
  { services, job }: { services: Services; job: Pick<Job, "resumed"> },
): { own: number; foreign: number } {
  const seconds = params.wait ?? services.config.lock.wait;
  return { own: job.resumed ? Math.max(seconds, AFTER_RESTART_S) : seconds, foreign: seconds };
}

export const addHost: JobHandler<"add_host"> = async (params, { services, job, workspace }) => {
  assertNoChoice(params);
  const inventory = await inventoryFor(params, services, job.signal);
  const plan =
    params.target.length > 0
      ? planNamed(params, { inventory, workspace })
      : await planPool(params, { inventory, workspace, services });
  job.step("claiming hosts");
  for (const note of plan.notes ?? []) job.note(note);
  let unserved: readonly number[] = [];
  const added = await acquireHosts(services, {
    workspace,
    job: job.id,
    slots: plan.slots,
    wait: waitOf(params, { services, job }),
    partial: plan.partial,
    refuseOperationLocks: plan.refuseOperationLocks,
    signal: job.signal,
    onTicket: (ticket) => job.waiting(ticket),
    onLeftOut: (slots) => (unserved = slots),
  }).catch((thrown: unknown) => {
    throw unknownHost(thrown, { plan, inventory }) ?? thrown;
  });
  for (const host of added) {
    workspace.hosts.set(host.claim.hostName, host);
    job.host(host.claim.hostName, { state: "ok", step: "connected" });
  }
  const without = await leftOut(plan, { slots: unserved, workspace, services });
  const noHost = [...plan.missing, ...without.noHost];
  // Hosts by name say nothing about the report's test targets.
  if (params.target.length === 0) workspace.noHost = noHost;
  return {
    state: "done",
    result: {
      hosts: [...workspace.hosts.values()].map(hostViewOf),
      no_host: noHost,
      warnings: [
        ...services.lostLeases.reopened(workspace.name),
        ...plan.warnings,
        ...without.warnings,
        ...added.flatMap((host) => host.warnings),
      ],
    },
  };
};

/** @throws MtuiError params.invalid: hosts that were named leave nothing to choose */
function assertNoChoice({ target, prefer, exclude }: ParamsOf<"add_host">): void {
  if (target.length === 0 || (prefer.length === 0 && exclude.length === 0)) return;
  throw new MtuiError(
    "params.invalid",
    "--prefer and --exclude choose among the pool's hosts, -t names them.",
    {
      hint: "Leave out -t, or --prefer and --exclude.",
    },
  );
}

/** A named host needs no inventory, so one that cannot be read is no error there. */
async function inventoryFor(
  params: ParamsOf<"add_host">,
  services: Services,
  signal: AbortSignal,
): Promise<readonly RefHost[]> {
  try {
    return (await services.inventory(signal)).hosts;
  } catch (thrown) {
    if (params.target.length > 0) return [];
    throw thrown;
  }
}

function planNamed(
  params: ParamsOf<"add_host">,
  { inventory, workspace }: { inventory: readonly RefHost[]; workspace: Workspace },
): HostPlan {
  const warnings: string[] = [];
  const wanted = [...new Set(params.target)].filter((name) => {
    if (!workspace.hosts.has(name)) return true;
    warnings.push(`${name} is already in workspace ${workspace.name}.`);
    return false;
  });
  const slots = wanted.map((name) => ({
    slot: ANY,
    candidates: [{ name, row: inventory.find((row) => row.name === name) ?? null }],
  }));
  // Allowed, but most often a mistyped name; said before the connection fails for it.
  const notes = slots
    .flatMap(({ candidates }) => candidates)
    .filter(({ row }) => row === null && inventory.length > 0)
    .map(({ name }) => `${name} is not in the inventory; mtuictl list-refhosts shows what is`);
  return { slots, missing: [], warnings, notes, partial: params.partial, refuseOperationLocks: false };
}

/** A host that cannot be used and that the inventory does not know was most likely mistyped. */
function unknownHost(
  thrown: unknown,
  { plan, inventory }: { plan: HostPlan; inventory: readonly RefHost[] },
): MtuiError | null {
  if (!(thrown instanceof MtuiError) || !["host.unreachable", "host.auth"].includes(thrown.kind)) return null;
  const strange = plan.slots.flatMap(({ candidates }) => candidates).find(({ row }) => row === null);
  if (strange === undefined || inventory.length === 0) return null;
  const known = inventory.map(({ name }) => name);
  const near = nearest(strange.name, known);
  return new MtuiError("host.unknown", `${strange.name} is not in the inventory, and: ${thrown.message}`, {
    hint: `${near === null ? "" : `Did you mean ${near}? `}mtuictl list-refhosts shows what there is. ${thrown.hint ?? ""}`.trim(),
    data: { host: strange.name },
    cause: thrown,
  });
}
