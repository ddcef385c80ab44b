import { type Draft, putHost, wakeBy } from "./draft.ts";
import type { Event } from "./events.ts";
import { takeoverRefused } from "./failures.ts";
import type { Holder } from "./state.ts";

type Takeover = Extract<Event, { type: "takeover" }>;

/**
 * The host changes hands in one step if it is still held as the person saw it. The old claim is
 * dead from here on; its workspace is told by the `takenOver` effect.
 */
export function onTakeover(draft: Draft, event: Takeover): void {
  const host = draft.hosts.get(event.host);
  const from = host?.holder;
  if (!host || !from || from.claim !== event.claim || from.hold.state !== "claimed") {
    draft.effects.push({ type: "refused", error: takeoverRefused(host, event) });
    return;
  }
  draft.claimCount += 1;
  const { workspace, rrid, job } = event.by;
  const claim = `c${draft.claimCount}`;
  const to: Holder = {
    claim,
    workspace,
    rrid,
    job,
    slots: from.slots,
    since: draft.now,
    hold: { state: "claimed" },
  };
  putHost(draft, { ...host, holder: to, lastUsed: draft.now });
  draft.effects.push({ type: "takenOver", host: host.key, name: host.name, from, to, reason: event.reason });
  draft.freed.add(host.key);
  draft.knots = true;
}

/** A claim from before a restart is in the table again before anybody is granted anything. */
export function onAdopt(draft: Draft, event: Extract<Event, { type: "adopt" }>): void {
  const known = draft.hosts.get(event.host);
  if (known?.holder) {
    draft.effects.push({
      type: "refused",
      error: takeoverRefused(known, { host: event.host, claim: event.holder.claim }),
    });
    return;
  }
  const { host: key, name, holder } = event;
  putHost(draft, { ...(known ?? { key, name, health: null, foreign: null, lastUsed: 0 }), holder });
  if (holder.hold.state === "releasing") wakeBy(draft, holder.hold.retryAt);
  draft.effects.push({ type: "adopted", host: key, name, holder });
}
