import type { ProductId } from "../products/product-id.ts";
import { invalid } from "./metadata-values.ts";

const WORD = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;

/** A word that may become part of a repository's name and URL. */
export function isProductWord(text: string): boolean {
  return WORD.test(text);
}

/**
 * The products of a `products` list, one for each architecture: `SLES 16.0 (aarch64, x86_64)` is two
 * (docs/formats/rrid-and-template.md, "Products"). Names are as written.
 * @throws MtuiError template.invalid, naming the entry
 */
export function parseProductList(products: readonly string[]): ProductId[] {
  return products.flatMap((text, index) => {
    const key = `products[${index}]`;
    const open = text.indexOf(" (");
    if (open === -1) throw invalid(key, 'is not of the form "Name Version (arch, arch)"');
    const [name, version] = text.slice(0, open).split(" ");
    const archs = text
      .slice(open + 2)
      .replaceAll(")", "")
      .split(", ");
    return archs.map((arch) => {
      if (name === undefined || version === undefined || ![name, version, arch].every(isProductWord)) {
        throw invalid(key, 'is not of the form "Name Version (arch, arch)"');
      }
      return { name, version, arch };
    });
  });
}
