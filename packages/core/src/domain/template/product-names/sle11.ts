import type { ProductId } from "../../products/product-id.ts";

/** Endings of a server's version that name another product than the server itself. */
const OTHER_PRODUCTS: ReadonlySet<string> = new Set(["TERADATA", "SECURITY", "PUBCLOUD", "CORE"]);

const NAMES: ReadonlyMap<string, string> = new Map([
  ["SLE-SDK", "sle-sdk"],
  ["SLE-SAP-AIO", "SUSE_SLES_SAP"],
  ["SLE-SMT", "sle-smt"],
  ["SLE-HAE", "sle-hae"],
]);

/** Products of the 11 family, as their hosts name them (docs/formats/products.md, "Names, 11"). */
export function normaliseSle11(product: ProductId): ProductId {
  const { name } = product;
  if (name === "SLE-SDK" || name === "SLE-SAP-AIO") return { ...product, name: NAMES.get(name) ?? name };
  if (name === "SLE-SERVER" && !OTHER_PRODUCTS.has(product.version.split("-").at(-1) ?? "")) {
    const version = product.version.replaceAll("-LTSS", "").replaceAll("-CLIENT-TOOLS", "");
    return { ...product, name: "SUSE_SLES", version };
  }
  const core = product.version.endsWith("CORE");
  const rest = core ? extremeCore(product) : product;
  if (rest.version.endsWith("TERADATA")) {
    return { ...rest, name: "teradata", version: rest.version.replaceAll("-TERADATA", "") };
  }
  if (rest.version.endsWith("SECURITY")) return { ...rest, name: "security", version: "11" };
  if (rest.version.endsWith("PUBCLOUD")) return { ...rest, name: "sle-module-pubcloud", version: "11" };
  return { ...rest, name: NAMES.get(rest.name) ?? rest.name };
}

function extremeCore(product: ProductId): ProductId {
  return {
    ...product,
    name: "SUSE_SLES_LTSS-EXTREME-CORE",
    version: product.version.replaceAll("-LTSS-EXTREME-CORE", ""),
  };
}
