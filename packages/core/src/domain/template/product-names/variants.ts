import type { ProductId } from "../../products/product-id.ts";

/** Words in a server's version and the product that they make of it; the first that is found counts. */
export type Variants = readonly (readonly [word: string, name: string])[];

/** A server product whose version tells its variant: the word goes from the version into the name. */
export function serverVariant(product: ProductId, variants: Variants): ProductId {
  for (const [word, name] of variants) {
    if (!product.version.includes(word)) continue;
    return { ...product, name, version: product.version.replaceAll(`-${word}`, "") };
  }
  return { ...product, name: "SLES" };
}
