import { nearest } from "@mtui/core/config";
import {
  planSlots,
  queryHosts,
  parseTestplatform,
  type RefHost,
  type Slot,
  slotText,
} from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { ParamsOf } from "@mtui/core/registry";
import { acquireHosts, type WantedSlot } from "../workspaces/acquire.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { JobHandler, Services } from "./context.ts";
import { hostViewOf, slotView } from "./views.ts";

export interface HostPlan {
  slots: WantedSlot[];
  missing: readonly { slot: Slot; reason: string }[];
  warnings: readonly string[];
  /** Said before the hosts are asked. */
  notes?: readonly string[];
  partial: boolean;
  refuseOperationLocks: boolean;
}

/** The claim of a named host is for no test target in particular. */
const ANY: Slot = { product: "", version: "", arch: "", addons: [] };

/** Seconds: our own workspaces and other people's locks, per operation (docs/formats/config.md). */
export function waitOf(
  params: { wait?: number | undefined },
  services: Services,
): { own: number; foreign: number } {
  const seconds = params.wait ?? services.config.lock.wait;
  return { own: seconds, foreign: seconds };
}

export const addHost: JobHandler<"add_host"> = async (params, { services, job, workspace }) => {
  const inventory = await inventoryFor(params, services, job.signal);
  const plan =
    params.target.length > 0
      ? planNamed(params, { inventory, workspace })
      : planPool(params, { inventory, workspace, services });
  job.step("claiming hosts");
  for (const note of plan.notes ?? []) job.note(note);
  const added = await acquireHosts(services, {
    workspace,
    job: job.id,
    slots: plan.slots,
    wait: waitOf(params, services),
    partial: plan.partial,
    refuseOperationLocks: plan.refuseOperationLocks,
    signal: job.signal,
    onTicket: (ticket) => job.waiting(ticket),
  }).catch((thrown: unknown) => {
    throw unknownHost(thrown, { plan, inventory }) ?? thrown;
  });
  for (const host of added) {
    workspace.hosts.set(host.claim.hostName, host);
    job.host(host.claim.hostName, { state: "ok", step: "connected" });
  }
  // Hosts by name say nothing about the report's test targets.
  if (params.target.length === 0) workspace.noHost = plan.missing;
  return {
    state: "done",
    result: {
      hosts: [...workspace.hosts.values()].map(hostViewOf),
      no_host: plan.missing.map(({ slot, reason }) => ({ slot: slotView(slot), reason })),
      warnings: [...plan.warnings, ...added.flatMap((host) => host.warnings)],
    },
  };
};

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

/**
 * One slot per test target of the report, with the inventory hosts that satisfy it.
 * @throws MtuiError pool.unsatisfiable when no slot is left, or with `strict` when any is missing
 */
export function planPool(
  options: { strict: boolean; all: boolean; partial: boolean },
  {
    inventory,
    workspace,
    services,
  }: { inventory: readonly RefHost[]; workspace: Workspace; services: Services },
): HostPlan {
  const { report, rrid } = workspace.requireTemplate();
  if (options.all || !services.config.refhosts.pool_select) {
    const matching = report.testplatforms.flatMap((line) =>
      queryHosts(parseTestplatform(line).queries, inventory),
    );
    const unique = [...new Map(matching.map((row) => [row.name, row])).values()];
    const slots = unique.map((row) => ({ slot: ANY, candidates: [{ name: row.name, row }] }));
    if (slots.length === 0)
      throw unsatisfiable(rrid.text, ["no inventory host matches the report's testplatforms"]);
    return { slots, missing: [], warnings: [], partial: true, refuseOperationLocks: true };
  }
  const planned = planSlots(report.testplatforms, inventory, { preferred: report.hosts });
  const reasons = planned.missing.map(({ slot, reason }) => `${slotText(slot)}: ${reason}`);
  if (planned.slots.length === 0 || (options.strict && planned.missing.length > 0))
    throw unsatisfiable(rrid.text, reasons);
  return {
    slots: planned.slots.map(({ slot, candidates }) => ({
      slot,
      candidates: candidates.map((row) => ({
        name: row.name,
        row,
        preferred: report.hosts.includes(row.name),
      })),
    })),
    missing: planned.missing,
    warnings: planned.warnings,
    partial: options.partial,
    refuseOperationLocks: true,
  };
}

function unsatisfiable(rrid: string, reasons: readonly string[]): MtuiError {
  const why = reasons.length === 0 ? "the report asks for no test platform" : reasons.join("; ");
  return new MtuiError("pool.unsatisfiable", `No host of the inventory fits ${rrid}: ${why}.`, {
    hint: "mtuictl list-refhosts --pool shows what there is; mtuictl add-host -t HOST takes a host by name.",
    data: { rrid, reasons: [...reasons] },
  });
}
