import type { ProductId } from "./product-id.ts";

/** `sles-modules-15-SP6-x86_64`: how reports name a host's system (docs/formats/products.md). */
export function systemText(base: ProductId, addons: readonly ProductId[]): string {
  const modules = addons.length === 0 ? "" : "-modules";
  return `${base.name.toLowerCase()}${modules}-${base.version}-${base.arch}`;
}

/**
 * Addons that a base product contains without a product file of their own
 * (docs/formats/products.md, "Contained products").
 */
export function syntheticAddons(base: ProductId): ProductId[] {
  if (base.name !== "SLES_SAP") return [];
  const names = base.version.startsWith("12")
    ? ["SLES", "sle-ha"]
    : base.version.startsWith("16")
      ? ["sle-ha"]
      : [];
  return names.map((name) => ({ name, version: base.version, arch: base.arch }));
}
