import type { ResultOf } from "@mtui/core/registry";
import type { ArbiterState, HostRecord } from "./state.ts";
import { plain } from "./why-not.ts";

export type TroubleView = ResultOf<"list_queue">["hosts"][number];

/** Hosts that nobody can have at the moment, whether somebody waits for them or not; by name. */
export function troubleView(state: ArbiterState): TroubleView[] {
  const troubles = [...state.hosts.values()].flatMap((host) => {
    const trouble = troubleOf(host);
    return trouble === null ? [] : [{ host: host.name, key: host.key, ...trouble }];
  });
  return troubles.toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
}

function troubleOf({ holder, health, foreign }: HostRecord): Omit<TroubleView, "host" | "key"> | null {
  if (holder?.hold.state === "releasing") {
    const { reason, retryAt } = holder.hold;
    return { state: "releasing", reason: plain(reason), since: holder.since, next_try: retryAt };
  }
  // Somebody has it: whatever was wrong is over.
  if (holder) return null;
  if (health) {
    const { kind, reason, since, retryAt } = health;
    return { state: kind, reason: plain(reason), since, next_try: retryAt };
  }
  if (foreign === null) return null;
  const { text, since, retryAt } = foreign;
  return { state: "foreign", reason: plain(text), since, next_try: retryAt };
}
