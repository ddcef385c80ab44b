import type { ProductId, ReleaseKey } from "./product-id.ts";

const BY_VERSION: ReadonlySet<string> = new Set([
  "SLES",
  "SLED",
  "SUSE_SLES",
  "SLES_SAP",
  "SUSE_SLES_SAP",
  "SLE_HPC",
  "SLES_TERADATA",
  "SLE_RT",
]);

const BY_NAME: ReadonlyMap<string, ReleaseKey> = new Map([
  ["SUSE-Manager-Server", "15"],
  ["openSUSE", "15"],
  ["sle-studioonsite", "11"],
  ["SL-Micro", "slmicro"],
  ["rhel", "YUM"],
]);

/**
 * Which command table a host follows; `null` where there is none: unknown products, and a product
 * that is transactional where its table is not, or the reverse (docs/formats/products.md,
 * "Release keys").
 */
export function releaseKey(base: ProductId, transactional: boolean): ReleaseKey | null {
  const key = BY_VERSION.has(base.name) ? byVersion(base.version) : (BY_NAME.get(base.name) ?? null);
  return key !== null && (key === "slmicro") === transactional ? key : null;
}

function byVersion(version: string): ReleaseKey | null {
  const start = version.slice(0, 2);
  return start === "11" || start === "12" || start === "15" || start === "16" ? start : null;
}
