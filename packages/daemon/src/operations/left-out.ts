import { sameSlot } from "@mtui/core/domain";
import type { TicketView } from "../arbiter/index.ts";
import type { WantedSlot } from "../workspaces/acquire.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import { ANY, type HostPlan, type NoHost } from "./plan-pool.ts";
import { slotView } from "./views.ts";

/** Candidates that a reason names. */
const NAMED = 5;

/**
 * What a partial request went without, in the words in which its ticket last told why.
 * @param options.slots positions in the plan's slots that nobody waited for
 */
export function leftOut(
  plan: Pick<HostPlan, "slots">,
  options: { slots: readonly number[]; ticket: TicketView | null; workspace: Workspace },
): { noHost: NoHost[]; warnings: string[] } {
  const noHost: NoHost[] = [];
  const warnings: string[] = [];
  for (const index of options.slots) {
    const wanted = plan.slots[index];
    if (wanted === undefined) continue;
    const candidates = reasons(wanted, options);
    const shown = candidates.slice(0, NAMED).map(({ host, why_not }) => `${host} ${why_not}`);
    if (candidates.length > NAMED) shown.push(`${candidates.length - NAMED} more`);
    const reason = `not waited for: ${shown.join("; ")}`;
    // A host that was asked for by its own name stands for no test target.
    if (sameSlot(wanted.slot, ANY)) warnings.push(reason);
    else noHost.push({ slot: slotView(wanted.slot), reason, cause: "not_waited", nearest: [], candidates });
  }
  return { noHost, warnings };
}

function reasons(
  { slot, candidates }: WantedSlot,
  { ticket, workspace }: { ticket: TicketView | null; workspace: Workspace },
): NoHost["candidates"] {
  const names = new Set(candidates.map(({ name }) => name));
  const told = ticket?.slots.find(
    (each) => sameSlot(each.slot, slot) && each.candidates.some(({ host }) => names.has(host)),
  );
  const why = new Map(told?.candidates.map(({ host, why_not }) => [host, why_not]));
  return [...names].map((host) => ({
    host,
    why_not: workspace.hosts.has(host) ? "taken for another test target" : (why.get(host) ?? "not free"),
  }));
}
