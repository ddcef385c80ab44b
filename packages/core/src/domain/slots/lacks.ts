import { type RefHost, versionText } from "../inventory/refhost.ts";
import { matchesAddon, matchesArch, matchesBase } from "../testplatform/match.ts";
import type { PlatformQuery, QueriedProduct } from "../testplatform/query.ts";

/** One thing that keeps a host from serving a test target. */
export interface Lack {
  readonly what: "arch" | "product" | "version" | "addon" | "addon_version";
  readonly wanted: string;
  /** null: nothing of the kind. */
  readonly has: string | null;
}

/** A host that comes near to what is asked for; it has at least one lack. */
export interface NearHost {
  readonly host: string;
  readonly lacks: readonly Lack[];
}

/** A wrong architecture cannot be installed away, a wrong product hardly, an addon easily. */
const WEIGHTS: Readonly<Record<Lack["what"], number>> = {
  arch: 1000,
  product: 300,
  version: 100,
  addon: 2,
  addon_version: 1,
};

const NEAREST = 3;

/** The hosts that come nearest to a query that none of them satisfies, and what each of them lacks. */
export function nearestHosts(query: PlatformQuery, hosts: readonly RefHost[]): NearHost[] {
  return hosts
    .map((host) => ({ host: host.name, lacks: lacksOf(host, query) }))
    .filter(({ lacks }) => lacks.length > 0)
    .map((near) => ({ near, weight: near.lacks.reduce((sum, { what }) => sum + WEIGHTS[what], 0) }))
    .sort((a, b) => a.weight - b.weight)
    .slice(0, NEAREST)
    .map(({ near }) => near);
}

/** `sp7-1 (is SLES 15-SP7, lacks sle-ha); ...` */
export function nearestText(nearest: readonly NearHost[]): string {
  return nearest.map(({ host, lacks }) => `${host} (${lacks.map(lackText).join(", ")})`).join("; ");
}

function lackText({ what, wanted, has }: Lack): string {
  if (has === null) return `lacks ${wanted}`;
  return what === "addon_version" ? `has ${has}, not ${wanted}` : `is ${has}`;
}

function lacksOf(host: RefHost, query: PlatformQuery): Lack[] {
  const lacks: Lack[] = [];
  if (!matchesArch(host, query.arch)) lacks.push({ what: "arch", wanted: query.arch, has: host.arch });
  if (query.base !== null && !matchesBase(host, query.base)) {
    const sameName = [host.product, ...host.addons].some((product) => product.name === query.base?.name);
    lacks.push({
      what: sameName ? "version" : "product",
      wanted: queriedText(query.base),
      has: productText(host.product),
    });
  }
  for (const addon of query.addons) {
    if (matchesAddon(host, addon)) continue;
    const other = host.addons.findLast((candidate) => candidate.name === addon.name);
    lacks.push({
      what: other === undefined ? "addon" : "addon_version",
      wanted: queriedText(addon),
      has: other === undefined ? null : productText(other),
    });
  }
  return lacks;
}

function productText(product: RefHost["product"]): string {
  return [product.name, versionText(product.version)].filter((part) => part !== "").join(" ");
}

function queriedText(product: QueriedProduct): string {
  return [product.name, versionText(product.version ?? undefined)].filter((part) => part !== "").join(" ");
}
