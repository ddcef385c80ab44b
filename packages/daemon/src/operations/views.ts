import type { Slot } from "@mtui/core/domain";
import type { ResultOf } from "@mtui/core/registry";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";

type HostView = ResultOf<"list_hosts">["hosts"][number];
type SlotView = HostView["slots"][number];

export function slotView(slot: Slot): SlotView {
  return { product: slot.product, version: slot.version, arch: slot.arch, addons: [...slot.addons] };
}

export function hostViewOf(host: WorkspaceHost): HostView {
  const { claim, session } = host;
  return {
    host: claim.hostName,
    key: claim.hostKey,
    system: session.facts.system,
    transactional: session.facts.transactional,
    connected: session.connected,
    slots: host.slots.map(slotView),
    claim: claim.id,
    since: claim.fields.since,
    warnings: [...host.warnings],
  };
}
