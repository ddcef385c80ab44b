import { type RefHost, versionText } from "../inventory/refhost.ts";
import { matchesAddon, matchesArch, matchesBase } from "../testplatform/match.ts";
import type { PlatformQuery, QueriedProduct } from "../testplatform/query.ts";

/** How far a host is from a query: what is missing, and a weight by which hosts compare. */
interface Distance {
  host: RefHost;
  weight: number;
  lacks: string[];
}

/** A wrong architecture cannot be installed away, a wrong product hardly, an addon easily. */
const WEIGHTS = { arch: 1000, product: 300, version: 100, addon: 2, addonVersion: 1 } as const;

const NEAREST = 3;

/** Names the hosts that come nearest to a query that none satisfies, and what each of them lacks. */
export function nearestHosts(query: PlatformQuery, hosts: readonly RefHost[]): string {
  if (hosts.length === 0) return "the inventory lists no host";
  const nearest = hosts
    .map((host) => distance(host, query))
    .sort((a, b) => a.weight - b.weight)
    .slice(0, NEAREST)
    .map(({ host, lacks }) => `${host.name} (${lacks.join(", ")})`);
  return `no host of the inventory satisfies it; nearest: ${nearest.join("; ")}`;
}

function distance(host: RefHost, query: PlatformQuery): Distance {
  const found: Distance = { host, weight: 0, lacks: [] };
  const lack = (weight: number, text: string): void => {
    found.weight += weight;
    found.lacks.push(text);
  };
  if (!matchesArch(host, query.arch)) lack(WEIGHTS.arch, `is ${host.arch}`);
  if (query.base !== null && !matchesBase(host, query.base)) {
    const sameName = [host.product, ...host.addons].some((product) => product.name === query.base?.name);
    lack(sameName ? WEIGHTS.version : WEIGHTS.product, `is ${productText(host.product)}`);
  }
  for (const addon of query.addons) {
    if (matchesAddon(host, addon)) continue;
    const other = host.addons.findLast((candidate) => candidate.name === addon.name);
    if (other === undefined) lack(WEIGHTS.addon, `lacks ${queriedText(addon)}`);
    else lack(WEIGHTS.addonVersion, `has ${productText(other)}, not ${queriedText(addon)}`);
  }
  return found;
}

function productText(product: RefHost["product"]): string {
  return [product.name, versionText(product.version)].filter((part) => part !== "").join(" ");
}

function queriedText(product: QueriedProduct): string {
  return [product.name, versionText(product.version ?? undefined)].filter((part) => part !== "").join(" ");
}
