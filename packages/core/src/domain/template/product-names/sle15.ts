import type { ProductId } from "../../products/product-id.ts";
import { serverVariant, type Variants } from "./variants.ts";

const SERVER: Variants = [
  ["LTSS-TERADATA", "SLES-LTSS-TERADATA"],
  ["LTSS-ERICSSON", "SLES-LTSS-ERICSSON"],
  ["ERICSSON", "ERICSSON"],
  ["LTSS", "SLES-LTSS"],
  ["TERADATA", "SLES_TERADATA"],
];

const NAMES: ReadonlyMap<string, string> = new Map([
  ["SLE-Product-SLED", "SLED"],
  ["SLE-Product-WE", "sle-we"],
  ["SLE-Product-HA", "sle-ha"],
  ["SLE-Product-HPC", "SLE_HPC"],
  ["SLE-Product-SLES_SAP", "SLES_SAP"],
  ["SLE-Product-RT", "SLE_RT"],
]);

/** Products of the 15 family, as their hosts name them (docs/formats/products.md, "Names, 15"). */
export function normaliseSle15(product: ProductId): ProductId {
  if (product.name === "SLE-Product-SLES") return serverVariant(product, SERVER);
  return { ...product, name: NAMES.get(product.name) ?? product.name.toLowerCase() };
}
