import { sameSlot } from "@mtui/core/domain";
import type { WantedSlot } from "../workspaces/acquire.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { Services } from "./context.ts";
import { ANY, type HostPlan, type NoHost } from "./plan-pool.ts";
import { slotView } from "./views.ts";

/** Candidates that a reason names. */
const NAMED = 5;

type Known = Pick<Services, "arbiter" | "connector">;

/**
 * What a partial request went without, with what stands in the way of each candidate now.
 * @param options.slots positions in the plan's slots that nobody waited for
 */
export async function leftOut(
  plan: Pick<HostPlan, "slots">,
  options: { slots: readonly number[]; workspace: Workspace; services: Known },
): Promise<{ noHost: NoHost[]; warnings: string[] }> {
  const noHost: NoHost[] = [];
  const warnings: string[] = [];
  for (const index of options.slots) {
    const wanted = plan.slots[index];
    if (wanted === undefined) continue;
    const candidates = await obstacles(wanted, options);
    const shown = candidates.slice(0, NAMED).map(({ host, why_not }) => `${host} ${why_not}`);
    if (candidates.length > NAMED) shown.push(`${candidates.length - NAMED} more`);
    const reason = `not waited for: ${shown.join("; ")}`;
    // A host that was asked for by its own name stands for no test target.
    if (sameSlot(wanted.slot, ANY)) warnings.push(reason);
    else noHost.push({ slot: slotView(wanted.slot), reason, cause: "not_waited", nearest: [], candidates });
  }
  return { noHost, warnings };
}

async function obstacles(
  { candidates }: WantedSlot,
  { workspace, services }: { workspace: Workspace; services: Known },
): Promise<NoHost["candidates"]> {
  const { arbiter, connector } = services;
  const troubles = new Map(arbiter.troubles().map((trouble) => [trouble.key, trouble]));
  const names = [...new Set(candidates.map(({ name }) => name))];
  // Resolved before, and remembered; a name without a machine was no candidate.
  const targets = await Promise.allSettled(names.map((name) => connector.resolve(name)));
  return targets.flatMap((target, index) => {
    const host = names[index];
    if (target.status === "rejected" || host === undefined) return [];
    const { key } = target.value;
    return [{ host, why_not: obstacle(arbiter.ownerOf(key), { trouble: troubles.get(key), workspace }) }];
  });
}

function obstacle(
  claim: ReturnType<Known["arbiter"]["ownerOf"]>,
  {
    trouble,
    workspace,
  }: { trouble: ReturnType<Known["arbiter"]["troubles"]>[number] | undefined; workspace: Workspace },
): string {
  if (claim !== null) {
    const { workspace: owner, rrid, since } = claim.fields;
    if (owner === workspace.name) return "taken for another test target";
    return `held by workspace ${owner}${rrid === null ? "" : ` (${rrid})`} since ${utc(since)}`;
  }
  if (trouble === undefined) return "free again by now, or kept for an earlier request";
  const { state, reason, since } = trouble;
  const from = since === null ? "" : ` since ${utc(since)}`;
  return state === "foreign" ? `foreign lock: ${reason}${from}` : `${state}${from}: ${reason}`;
}

/** The moment may come from a file that anybody wrote. */
function utc(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(0, 19)}Z`;
}
