import type { ProductId } from "../../products/product-id.ts";
import { serverVariant, type Variants } from "./variants.ts";

const SERVER: Variants = [
  ["LTSS-Extended-Security", "SLES-LTSS-Extended-Security"],
  ["LTSS-ERICSSON", "SLES-LTSS-ERICSSON"],
  ["LTSS-SAP", "SLES-LTSS-SAP"],
  ["LTSS-TERADATA", "SLES_LTSS_TERADATA"],
  ["LTSS", "SLES-LTSS"],
  ["TERADATA", "SLES_TERADATA"],
];

const NAMES: ReadonlyMap<string, string> = new Map([
  ["SLE-DESKTOP", "SLED"],
  ["SLE-RPI", "SLES_RPI"],
  ["SLE-SAP", "SLES_SAP"],
]);

/** Products of the 12 family, as their hosts name them (docs/formats/products.md, "Names, 12"). */
export function normaliseSle12(product: ProductId): ProductId {
  if (product.name === "SLE-SERVER") return serverVariant(product, SERVER);
  return { ...product, name: NAMES.get(product.name) ?? product.name.toLowerCase() };
}
