import { printable } from "../grammar/control-characters.ts";
import { type RefHost, versionText } from "../inventory/refhost.ts";
import { matchesQuery } from "../testplatform/match.ts";
import { parseTestplatform } from "../testplatform/parse.ts";
import type { PlatformQuery } from "../testplatform/query.ts";
import { type NearHost, nearestHosts, nearestText } from "./lacks.ts";
import { orderCandidates } from "./order-candidates.ts";
import { type Slot, slotKey, slotText } from "./slot.ts";

export interface PlannedSlot {
  readonly slot: Slot;
  /** In order of preference, each name once. */
  readonly candidates: readonly RefHost[];
}

export interface MissingSlot {
  readonly slot: Slot;
  readonly reason: string;
  /** Of the hosts that may be taken, those that come nearest. */
  readonly nearest: readonly NearHost[];
  /** Hosts that satisfy it and may not be taken. */
  readonly excluded: readonly string[];
}

export interface SlotPlan {
  readonly slots: readonly PlannedSlot[];
  readonly missing: readonly MissingSlot[];
  /** Names of candidates that come before their equals: a person or the report says so. */
  readonly preferred: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

export interface PlanOptions {
  /** Hosts that the report itself names. */
  readonly preferred?: readonly string[];
  /** Inventory names that a person wants tried before all others, in that order. */
  readonly prefer?: readonly string[];
  /** Inventory names that a person does not want. */
  readonly exclude?: ReadonlySet<string>;
}

interface Draft {
  readonly slot: Slot;
  candidates: RefHost[];
  readonly query: PlatformQuery;
}

/** Excluded hosts that a reason names. */
const NAMED = 5;

/**
 * The test targets of an update: one slot for each product, version, architecture and addons that its
 * testplatform lines ask for, with the inventory's hosts for it (docs/formats/refhosts.md, "Slots").
 * Lines that ask for the same slot in different words share it; its candidates satisfy them all.
 * What is excluded counts until then: an architecture that only an excluded host has is still asked for.
 */
export function planSlots(
  testplatforms: readonly string[],
  hosts: readonly RefHost[],
  options: PlanOptions = {},
): SlotPlan {
  const { prefer = [], preferred: named = [], exclude = new Set<string>() } = options;
  const slots = new Map<string, Draft>();
  const missing = new Map<string, MissingSlot>();
  const warnings: string[] = [];
  for (const line of testplatforms) {
    const { queries, problems } = parseTestplatform(line);
    for (const problem of problems) warnings.push(`testplatform "${printable(line, 200)}": ${problem}`);
    for (const draft of queries.flatMap((query) => slotsOfQuery(query, hosts))) {
      const { slot, candidates, query } = draft;
      const key = slotKey(slot);
      const planned = slots.get(key);
      if (candidates.length === 0) {
        missing.set(key, { slot, ...inventoryLacks(query, hosts), excluded: [] });
      } else if (planned === undefined) {
        slots.set(key, draft);
      } else {
        const both = planned.candidates.filter((host) => candidates.includes(host));
        if (both.length > 0) planned.candidates = both;
        else warnings.push(`${slotText(slot)} is asked for twice, and no host satisfies both lines`);
      }
    }
  }
  for (const [key, { slot, reason }] of missing) {
    if (!slots.has(key)) continue;
    missing.delete(key);
    warnings.push(`${slotText(slot)} is asked for twice, and for one of the lines ${reason}`);
  }
  const ordered = orderCandidates([...slots.values()], { hosts, prefer, named });
  const emptied = leaveOut(slots, { hosts, exclude });
  return {
    slots: [...slots.values()].map(({ slot, candidates }) => ({ slot, candidates })),
    missing: [...missing.values(), ...emptied],
    preferred: ordered.preferred,
    warnings: [...warnings, ...ordered.warnings],
  };
}

/** Takes excluded hosts out of their slots. @returns the slots that have no other */
function leaveOut(
  slots: Map<string, Draft>,
  { hosts, exclude }: { hosts: readonly RefHost[]; exclude: ReadonlySet<string> },
): MissingSlot[] {
  const emptied: MissingSlot[] = [];
  const others = hosts.filter(({ name }) => !exclude.has(name));
  for (const [key, draft] of slots) {
    const excluded = draft.candidates.map(({ name }) => name).filter((name) => exclude.has(name));
    draft.candidates = draft.candidates.filter(({ name }) => !exclude.has(name));
    if (draft.candidates.length > 0) continue;
    slots.delete(key);
    const nearest = nearestHosts(draft.query, others);
    const shown = excluded.slice(0, NAMED);
    if (excluded.length > NAMED) shown.push(`${excluded.length - NAMED} more`);
    const rest = nearest.length === 0 ? "" : `; nearest of the others: ${nearestText(nearest)}`;
    const reason = `excluded by --exclude: ${shown.join(", ")}${rest}`;
    emptied.push({ slot: draft.slot, reason, nearest, excluded });
  }
  return emptied;
}

function inventoryLacks(
  query: PlatformQuery,
  hosts: readonly RefHost[],
): Pick<MissingSlot, "reason" | "nearest"> {
  const nearest = nearestHosts(query, hosts);
  if (nearest.length === 0) return { reason: "the inventory lists no host", nearest };
  return { reason: `no host of the inventory satisfies it; nearest: ${nearestText(nearest)}`, nearest };
}

/** A query without an architecture asks for one host of each that the inventory has. */
function slotsOfQuery(query: PlatformQuery, hosts: readonly RefHost[]): Draft[] {
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
