import type { Draft } from "./draft.ts";
import { type Kept, keepForCapped } from "./keeping.ts";
import { compareRank } from "./rank.ts";
import { standing } from "./standing.ts";
import type { Rank, Ticket, Want } from "./state.ts";

/** What there is to give at one moment of an event. */
export interface Supply {
  /** The free hosts; with the rank behind which a host is used up by what is kept for capped waiters. */
  readonly free: ReadonlyMap<string, Rank | null>;
  /** The claimed hosts of each workspace. */
  readonly owned: ReadonlyMap<string, ReadonlySet<string>>;
  readonly kept: Kept | null;
}

export function takeStock(draft: Draft): Supply {
  const kept = draft.capped.length > 0 ? keepForCapped(draft) : null;
  const free = new Map<string, Rank | null>();
  const owned = new Map<string, Set<string>>();
  for (const host of draft.hosts.values()) {
    if (!host.holder) {
      if (standing(host, "", draft.now) === "free") free.set(host.key, kept?.closed.get(host.key) ?? null);
    } else if (host.holder.hold.state === "claimed") {
      const keys = owned.get(host.holder.workspace);
      if (keys) keys.add(host.key);
      else owned.set(host.holder.workspace, new Set([host.key]));
    }
  }
  return { free, owned, kept };
}

/** Refuses cheaply the many whom what is free cannot help. */
export function isWorthTrying(supply: Supply, ticket: Ticket): boolean {
  const own = supply.owned.get(ticket.workspace);
  const canBeServed = (want: Want) => {
    for (const { key } of want.candidates) {
      if (own?.has(key)) return true;
      const closed = supply.free.get(key);
      if (closed === null || (closed && compareRank(closed, ticket) >= 0)) return true;
    }
    return false;
  };
  return ticket.partial ? ticket.wants.some(canBeServed) : ticket.wants.every(canBeServed);
}
