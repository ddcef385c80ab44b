import type { InventoryProduct, RefHost } from "../inventory/refhost.ts";
import type { PlatformQuery, QueriedProduct } from "./query.ts";

/**
 * Does the host satisfy the query (docs/formats/refhosts.md, "Matching")? The base may be the host's
 * base product or one of its addons; of addons it may have more than are asked for.
 */
export function matchesQuery(host: RefHost, query: PlatformQuery): boolean {
  return (
    matchesArch(host, query.arch) &&
    matchesBase(host, query.base) &&
    query.addons.every((addon) => matchesAddon(host, addon))
  );
}

export function matchesArch(host: RefHost, arch: string): boolean {
  return arch === "" || host.arch === arch;
}

export function matchesBase(host: RefHost, base: QueriedProduct | null): boolean {
  return base === null || [host.product, ...host.addons].some((product) => matchesProduct(product, base));
}

/** Where a host lists an addon twice, the last entry counts. */
export function matchesAddon(host: RefHost, addon: QueriedProduct): boolean {
  const entry = host.addons.findLast((candidate) => candidate.name === addon.name);
  return entry !== undefined && matchesProduct(entry, addon);
}

function matchesProduct(candidate: InventoryProduct, wanted: QueriedProduct): boolean {
  if (candidate.name !== wanted.name) return false;
  if (wanted.version === null) return true;
  if (candidate.version === undefined || candidate.version.major !== wanted.version.major) return false;
  const { minor } = wanted.version;
  if (minor === undefined) return true;
  return minor === "" ? candidate.version.minor === undefined : candidate.version.minor === minor;
}
