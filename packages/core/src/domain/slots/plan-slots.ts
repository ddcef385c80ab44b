import { printable } from "../grammar/control-characters.ts";
import { hostPart } from "../grammar/host-name.ts";
import { type RefHost, versionText } from "../inventory/refhost.ts";
import { matchesQuery } from "../testplatform/match.ts";
import { parseTestplatform } from "../testplatform/parse.ts";
import type { PlatformQuery } from "../testplatform/query.ts";
import { nearestHosts } from "./lacks.ts";
import { type Slot, slotKey, slotText } from "./slot.ts";

export interface PlannedSlot {
  readonly slot: Slot;
  /** In order of preference, each name once. */
  readonly candidates: readonly RefHost[];
}

export interface MissingSlot {
  readonly slot: Slot;
  readonly reason: string;
}

export interface SlotPlan {
  readonly slots: readonly PlannedSlot[];
  readonly missing: readonly MissingSlot[];
  readonly warnings: readonly string[];
}

export interface PlanOptions {
  /** Hosts that the report itself names. */
  readonly preferred?: readonly string[];
}

/**
 * The test targets of an update: one slot for each product, version, architecture and addons that its
 * testplatform lines ask for, with the inventory's hosts for it (docs/formats/refhosts.md, "Slots").
 * Lines that ask for the same slot in different words share it; its candidates satisfy them all.
 */
export function planSlots(
  testplatforms: readonly string[],
  hosts: readonly RefHost[],
  options: PlanOptions = {},
): SlotPlan {
  const slots = new Map<string, { slot: Slot; candidates: RefHost[] }>();
  const missing = new Map<string, MissingSlot>();
  const warnings: string[] = [];
  for (const line of testplatforms) {
    const { queries, problems } = parseTestplatform(line);
    for (const problem of problems) warnings.push(`testplatform "${printable(line, 200)}": ${problem}`);
    for (const { slot, candidates, query } of queries.flatMap((query) => slotsOfQuery(query, hosts))) {
      const key = slotKey(slot);
      const planned = slots.get(key);
      if (candidates.length === 0) {
        missing.set(key, { slot, reason: nearestHosts(query, hosts) });
      } else if (planned === undefined) {
        slots.set(key, { slot, candidates });
      } else {
        const both = planned.candidates.filter((host) => candidates.includes(host));
        if (both.length > 0) planned.candidates = both;
        else warnings.push(`${slotText(slot)} is asked for twice, and no host satisfies both lines`);
      }
    }
  }
  const plan = [...slots.values()];
  warnings.push(...prefer(plan, { hosts, names: options.preferred ?? [] }));
  for (const [key, { slot, reason }] of missing) {
    if (!slots.has(key)) continue;
    missing.delete(key);
    warnings.push(`${slotText(slot)} is asked for twice, and for one of the lines ${reason}`);
  }
  return { slots: plan, missing: [...missing.values()], warnings };
}

/** A query without an architecture asks for one host of each that the inventory has. */
function slotsOfQuery(
  query: PlatformQuery,
  hosts: readonly RefHost[],
): { slot: Slot; candidates: RefHost[]; query: PlatformQuery }[] {
  const byArch = new Map<string, Map<string, RefHost>>();
  for (const host of hosts) {
    if (!matchesQuery(host, query)) continue;
    const ofArch = byArch.get(host.arch) ?? new Map<string, RefHost>();
    if (!ofArch.has(host.name)) ofArch.set(host.name, host);
    byArch.set(host.arch, ofArch);
  }
  if (byArch.size === 0) return [{ slot: slotOf(query, query.arch), candidates: [], query }];
  return [...byArch].map(([arch, found]) => ({
    slot: slotOf(query, arch),
    candidates: [...found.values()],
    query,
  }));
}

function slotOf(query: PlatformQuery, arch: string): Slot {
  return {
    product: query.base?.name ?? "",
    version: versionText(query.base?.version ?? undefined),
    arch,
    addons: [...new Set(query.addons.map((addon) => addon.name))].sort(),
  };
}

/** Puts the hosts that the report names first where they satisfy a slot, and says where they do not. */
function prefer(
  plan: { candidates: RefHost[] }[],
  { hosts, names }: { hosts: readonly RefHost[]; names: readonly string[] },
): string[] {
  const warnings: string[] = [];
  const isNamed = (host: RefHost, name: string): boolean =>
    host.name === name || hostPart(host.name) === name;
  for (const name of names) {
    if (plan.some(({ candidates }) => candidates.some((host) => isNamed(host, name)))) continue;
    const known = hosts.some((host) => isNamed(host, name));
    warnings.push(
      known
        ? `the report names ${printable(name)}, which satisfies none of its test targets; ignored`
        : `the report names ${printable(name)}, which the inventory does not list; ignored`,
    );
  }
  for (const entry of plan) {
    const rank = (host: RefHost): number => {
      const at = names.findIndex((name) => isNamed(host, name));
      return at === -1 ? names.length : at;
    };
    entry.candidates.sort((a, b) => rank(a) - rank(b));
  }
  return warnings;
}
