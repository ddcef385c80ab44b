import type { ProductId } from "../../products/product-id.ts";
import { normaliseSle11 } from "./sle11.ts";
import { normaliseSle12 } from "./sle12.ts";
import { normaliseSle15 } from "./sle15.ts";

/**
 * The product that hosts report for a release target of a Maintenance project
 * (docs/formats/products.md, "Names in project.xml"). Repositories go to hosts by this name.
 */
export function normaliseMaintenanceProduct(product: ProductId): ProductId {
  const { name, version, arch } = product;
  if (name === "SLE-RT") return { ...product, name: "SUSE-Linux-Enterprise-RT" };
  if (version.startsWith("11")) return normaliseSle11(product);
  if (version.startsWith("12")) return normaliseSle12(product);
  if (version.startsWith("15")) return normaliseSle15(product);
  if (name === "Storage") return { ...product, name: "ses" };
  if (name.includes("SUSE-Manager") || name.includes("SLE-Manager-Tools")) {
    return { ...product, name: name === "SLE-Manager-Tools" ? "sle-manager-tools" : name };
  }
  // openSUSE projects end one part earlier: what stands for the architecture is the version.
  if (version.includes("openSUSE-SLE")) return { name: "leap", version: arch, arch: "x86_64" };
  return product;
}

/** The same for the products of SLFO and PI metadata. */
export function normaliseSlfoProduct(product: ProductId): ProductId {
  if (product.name === "SLES-SAP") return { ...product, name: "SLES_SAP" };
  if (product.name === "SLES-HA") return { ...product, name: "sle-ha" };
  return product;
}
