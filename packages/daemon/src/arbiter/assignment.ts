import type { Draft } from "./draft.ts";
import { keptBefore } from "./keeping.ts";
import { augment, emptyMatching, matchScarceFirst, type Matching } from "./matching.ts";
import { canServe, hostAt, isOwnPlace, placeOf } from "./standing.ts";
import type { Ticket, Want } from "./state.ts";
import { isWorthTrying, takeStock } from "./supply.ts";

export interface Found {
  /** Hosts to be taken. */
  readonly fresh: { readonly want: number; readonly key: string; readonly name: string }[];
  /** Wants that hosts of the workspace answer already. */
  readonly own: { readonly want: number; readonly key: string }[];
  readonly missing: number[];
}

/**
 * The hosts that a waiting ticket can have now, or null. Waiters before it that have been overtaken
 * often enough are matched first, so that what they need of the free hosts is left to them; they
 * may be moved to another free host that does them the same service.
 */
export function findHosts(draft: Draft, ticket: Ticket): Found | null {
  draft.supply ??= takeStock(draft);
  const { kept } = draft.supply;
  if (!isWorthTrying(draft.supply, ticket)) return null;
  const matching = kept ? keptBefore(kept, ticket) : emptyMatching<Want>();
  const known = new Map(ticket.wants.map((want) => [want, usablePlaces(draft, ticket, want)]));
  const choices = (want: Want) => known.get(want) ?? kept?.choices(want) ?? [];
  matchOwnFirst(ticket, { matching, choices });
  return collect(draft, ticket, matching);
}

/** A host that the workspace has already is used before another one is taken. */
function matchOwnFirst(
  ticket: Ticket,
  { matching, choices }: { matching: Matching<Want>; choices: (want: Want) => readonly string[] },
): void {
  const ownChoices = (want: Want) => (ticket.wants.includes(want) ? choices(want).filter(isOwnPlace) : []);
  const rest = ticket.wants.filter(
    (want) => !augment(matching, want, { choices: ownChoices, seen: new Set() }),
  );
  matchScarceFirst(matching, rest, choices);
}

function collect(draft: Draft, ticket: Ticket, matching: Matching<Want>): Found | null {
  const found: Found = { fresh: [], own: [], missing: [] };
  ticket.wants.forEach((want, index) => {
    const place = matching.hostOf.get(want);
    const host = place === undefined ? undefined : draft.hosts.get(hostAt(place));
    if (!host) found.missing.push(index);
    else if (host.holder) found.own.push({ want: index, key: host.key });
    else {
      const name = want.candidates.find((candidate) => candidate.key === host.key)?.name ?? host.name;
      found.fresh.push({ want: index, key: host.key, name });
    }
  });
  const served = found.fresh.length + found.own.length;
  return (ticket.partial ? served > 0 : found.missing.length === 0) ? found : null;
}

/**
 * Best first: own, preferred, trusted before suspect, wanted by the fewest others (a scarce host is
 * not spent on who can have any), least recently used, as listed.
 */
function usablePlaces(draft: Draft, ticket: Ticket, want: Want): string[] {
  const ranked: { place: string; cost: readonly number[] }[] = [];
  want.candidates.forEach((candidate, index) => {
    const host = draft.hosts.get(candidate.key);
    if (!host || !canServe(host, ticket, draft.now)) return;
    const suspect = host.health || host.foreign ? 1 : 0;
    const cost = [
      host.holder ? 0 : 1,
      candidate.preferred ? 0 : 1,
      candidate.preferred ? 0 : suspect,
      candidate.preferred ? index : (draft.wanting.get(host.key)?.length ?? 0),
      host.lastUsed,
      index,
    ];
    ranked.push({ place: placeOf(host, ticket), cost });
  });
  return ranked.sort((a, b) => compareCost(a.cost, b.cost)).map(({ place }) => place);
}

function compareCost(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
