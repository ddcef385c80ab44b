import { augment, emptyMatching } from "./matching.ts";
import type { Candidate, Want } from "./state.ts";

/**
 * One want per slot, as far as the inventory has that many hosts at all, busy or not. Where it has
 * not, two slots share the hosts that satisfy both: waiting for a second host would never end.
 */
export function foldWants(slots: readonly { readonly candidates: readonly Candidate[] }[]): Want[] {
  const matching = emptyMatching<Group>();
  const choices = (group: Group) => group.candidates.map((candidate) => candidate.key);
  const groups = new Set<Group>();
  slots.forEach(({ candidates }, index) => {
    const group: Group = { slots: [index], candidates: distinct(candidates) };
    if (augment(matching, group, { choices, seen: new Set() })) {
      groups.add(group);
      return;
    }
    const partner = closestPartner(group, matching.wantOn);
    if (!partner) throw new TypeError(`slot ${index} has no candidates`);
    partner.slots.push(index);
    partner.candidates = shared(partner, group);
  });
  return [...groups];
}

interface Group {
  slots: number[];
  candidates: readonly Candidate[];
}

/** Whoever sits on a candidate of the homeless slot can take it in; most hosts in common wins. */
function closestPartner(group: Group, groupOn: ReadonlyMap<string, Group>): Group | undefined {
  let best: Group | undefined;
  let most = 0;
  for (const { key } of group.candidates) {
    const partner = groupOn.get(key);
    const common = partner ? shared(partner, group).length : 0;
    if (common > most) {
      best = partner;
      most = common;
    }
  }
  return best;
}

function shared(a: Group, b: Group): Candidate[] {
  const keys = new Set(b.candidates.map((candidate) => candidate.key));
  return a.candidates.filter((candidate) => keys.has(candidate.key));
}

function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byKey = new Map<string, Candidate>();
  for (const candidate of candidates) if (!byKey.has(candidate.key)) byKey.set(candidate.key, candidate);
  return [...byKey.values()];
}
