import { printable } from "../grammar/control-characters.ts";
import { hostPart } from "../grammar/host-name.ts";
import type { RefHost } from "../inventory/refhost.ts";

/** Does a name, as a report or a person writes it, mean this host? The port may be left out. */
export function isNamed(host: Pick<RefHost, "name">, name: string): boolean {
  return host.name === name || hostPart(host.name) === name;
}

interface Wanted {
  readonly hosts: readonly RefHost[];
  /** Inventory names that a person wants tried first, in that order. */
  readonly prefer: readonly string[];
  /** Hosts that the report names, in its order. */
  readonly named: readonly string[];
}

/**
 * Puts the hosts that a person prefers first, then those that the report names, each where it satisfies
 * the slot, and leaves the rest in file order.
 * @returns the names that come before their equals, and what the report names in vain
 */
export function orderCandidates(
  slots: readonly { candidates: RefHost[] }[],
  { hosts, prefer, named }: Wanted,
): { preferred: Set<string>; warnings: string[] } {
  const rank = (host: RefHost): number => {
    const first = prefer.indexOf(host.name);
    if (first !== -1) return first;
    const second = named.findIndex((name) => isNamed(host, name));
    return second === -1 ? Number.POSITIVE_INFINITY : prefer.length + second;
  };
  const preferred = new Set<string>();
  for (const entry of slots) {
    // Two infinities have no difference to compare by.
    entry.candidates.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
    for (const host of entry.candidates) if (Number.isFinite(rank(host))) preferred.add(host.name);
  }
  const warnings = named
    .filter((name) => !slots.some(({ candidates }) => candidates.some((host) => isNamed(host, name))))
    .map((name) =>
      hosts.some((host) => isNamed(host, name))
        ? `the report names ${printable(name)}, which satisfies none of its test targets; ignored`
        : `the report names ${printable(name)}, which the inventory does not list; ignored`,
    );
  return { preferred, warnings };
}
