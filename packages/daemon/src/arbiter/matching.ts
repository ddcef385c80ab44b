/**
 * Bipartite matching of wants to hosts by augmenting paths. Adding a want never takes the host away
 * from a matched one without giving it another: so whoever is added first keeps being served, and
 * a host that two can use ends where it is needed.
 */
export interface Matching<W> {
  readonly hostOf: Map<W, string>;
  readonly wantOn: Map<string, W>;
}

export function emptyMatching<W>(): Matching<W> {
  return { hostOf: new Map(), wantOn: new Map() };
}

/** The hosts that a want may use, best first. */
export type Choices<W> = (want: W) => readonly string[];

interface Search<W> {
  readonly choices: Choices<W>;
  /** Hosts looked at. After a failure: hosts that no later want can gain anything from. */
  readonly seen: Set<string>;
}

/** Tries to serve one more want; false leaves the matching as it was. */
export function augment<W>(matching: Matching<W>, want: W, search: Search<W>): boolean {
  const { choices, seen } = search;
  const keys = choices(want);
  // A free one first: nobody is moved for a want that has other choices.
  for (const key of keys) {
    if (!matching.wantOn.has(key)) {
      assign(matching, want, key);
      return true;
    }
  }
  for (const key of keys) {
    if (seen.has(key)) continue;
    seen.add(key);
    const occupant = matching.wantOn.get(key);
    if (occupant !== undefined && occupant !== want && augment(matching, occupant, search)) {
      assign(matching, want, key);
      return true;
    }
  }
  return false;
}

function assign<W>(matching: Matching<W>, want: W, key: string): void {
  const before = matching.hostOf.get(want);
  if (before !== undefined && matching.wantOn.get(before) === want) matching.wantOn.delete(before);
  matching.hostOf.set(want, key);
  matching.wantOn.set(key, want);
}

/** Serves as many of the wants as possible, those with the fewest choices first; returns the others. */
export function matchScarceFirst<W>(matching: Matching<W>, wants: readonly W[], choices: Choices<W>): W[] {
  return matchingOrder(wants, choices).filter(
    (want) => !augment(matching, want, { choices, seen: new Set() }),
  );
}

export function matchingOrder<W>(wants: readonly W[], choices: Choices<W>): readonly W[] {
  return wants.length < 2 ? wants : wants.toSorted((a, b) => choices(a).length - choices(b).length);
}

/**
 * The wants that compete for too few hosts: everything that an unserved want could push aside.
 * Of these one at least stays unserved whatever is tried.
 */
export function rivals<W>(matching: Matching<W>, unserved: W, choices: Choices<W>): Set<W> {
  const found = new Set<W>([unserved]);
  for (const want of found) {
    for (const key of choices(want)) {
      const occupant = matching.wantOn.get(key);
      if (occupant !== undefined) found.add(occupant);
    }
  }
  return found;
}
