import {
  type MissingSlot,
  parseTestplatform,
  planSlots,
  queryHosts,
  type RefHost,
  type Slot,
  slotText,
} from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Validation } from "@mtui/core/registry";
import type { WantedSlot } from "../workspaces/acquire.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { Services } from "./context.ts";
import { chooseHosts, type HostWishes } from "./host-choice.ts";
import { slotView } from "./views.ts";

export type NoHost = Validation["no_host"][number];

export interface HostPlan {
  slots: WantedSlot[];
  missing: readonly NoHost[];
  warnings: readonly string[];
  /** Said before the hosts are asked. */
  notes?: readonly string[];
  partial: boolean;
  refuseOperationLocks: boolean;
}

export interface PoolWishes extends HostWishes {
  /** Any test target without a host is an error. */
  readonly strict: boolean;
  readonly partial: boolean;
  /** Every matching host instead of one for each test target. */
  readonly all: boolean;
}

/** A claim that is for no test target in particular. */
export const ANY: Slot = { product: "", version: "", arch: "", addons: [] };

/**
 * One slot per test target of the report, with the inventory hosts that satisfy it and may be taken.
 * @throws MtuiError pool.unsatisfiable when no slot is left, or with `strict` when any is missing;
 *   params.invalid when a host is preferred and excluded
 */
export async function planPool(
  wishes: PoolWishes,
  {
    inventory,
    workspace,
    services,
  }: { inventory: readonly RefHost[]; workspace: Workspace; services: Services },
): Promise<HostPlan> {
  const { report, rrid } = workspace.requireTemplate();
  const matching = report.testplatforms.flatMap((line) =>
    queryHosts(parseTestplatform(line).queries, inventory),
  );
  const rows = [...new Map(matching.map((row) => [row.name, row])).values()];
  const { prefer, exclude, warnings } = await chooseHosts(wishes, {
    rows,
    inventory,
    connector: services.connector,
  });
  const planned = planSlots(report.testplatforms, inventory, { preferred: report.hosts, prefer, exclude });
  if (planned.slots.length === 0 || (wishes.strict && planned.missing.length > 0))
    throw unsatisfiable(rrid.text, planned.missing);
  const common = {
    missing: planned.missing.map(noHost),
    warnings: [...warnings, ...planned.warnings],
    refuseOperationLocks: true,
  };
  if (wishes.all || !services.config.refhosts.pool_select) {
    const wanted = rows.filter(({ name }) => !exclude.has(name));
    const slots = wanted.map((row) => ({ slot: ANY, candidates: [{ name: row.name, row }] }));
    return { ...common, slots, partial: true };
  }
  const slots = planned.slots.map(({ slot, candidates }) => ({
    slot,
    candidates: candidates.map((row) => ({
      name: row.name,
      row,
      preferred: planned.preferred.has(row.name),
    })),
  }));
  return { ...common, slots, partial: wishes.partial };
}

function noHost({ slot, reason, nearest, excluded }: MissingSlot): NoHost {
  return {
    slot: slotView(slot),
    reason,
    cause: excluded.length > 0 ? "excluded" : "inventory",
    nearest: nearest.map(({ host, lacks }) => ({ host, lacks: lacks.map((lack) => ({ ...lack })) })),
    candidates: excluded.map((host) => ({ host, why_not: "excluded by --exclude" })),
  };
}

function unsatisfiable(rrid: string, missing: readonly MissingSlot[]): MtuiError {
  const reasons = missing.map(({ slot, reason }) => `${slotText(slot)}: ${reason}`);
  const why = reasons.length === 0 ? "the report asks for no test platform" : reasons.join("; ");
  const excluded = missing.some((each) => each.excluded.length > 0);
  return new MtuiError("pool.unsatisfiable", `No host of the inventory fits ${rrid}: ${why}.`, {
    hint: excluded
      ? "Leave out --exclude, or take a host by name: mtuictl add-host -t HOST"
      : "mtuictl list-refhosts --pool shows what there is; mtuictl add-host -t HOST takes a host by name.",
    data: { rrid, reasons, missing: missing.map(noHost) },
  });
}
