import { MtuiError } from "../../protocol/errors.ts";
import { hasControlCharacters } from "../grammar/control-characters.ts";
import { childText, parseXml, type XmlElement } from "../xml/element.ts";
import type { ProductId } from "./product-id.ts";

/**
 * A product from the text of a `/etc/products.d/*.prod` file (docs/formats/products.md, "Product
 * files"): base version and patch level where there are both, else the plain version.
 * @throws MtuiError host.unsupported for anything that is no such file
 */
export function parseProdFile(xml: string): ProductId {
  const root = parseRoot(xml);
  const product: ProductId = {
    name: childText(root, "name"),
    version: productVersion(root),
    arch: childText(root, "arch"),
  };
  for (const [key, value] of Object.entries(product)) {
    if (value === "") throw unsupported(`it has no ${key}`);
    if (value.length > 128 || /\s/.test(value) || hasControlCharacters(value)) {
      throw unsupported(`its ${key} is not one short word`);
    }
  }
  return product;
}

function productVersion(root: XmlElement): string {
  const base = childText(root, "baseversion");
  if (base === "") return childText(root, "version");
  const patchLevel = childText(root, "patchlevel");
  return patchLevel === "" || patchLevel === "0" ? base : `${base}-SP${patchLevel}`;
}

function parseRoot(xml: string): XmlElement {
  try {
    return parseXml(xml);
  } catch (thrown) {
    throw unsupported(thrown instanceof Error ? thrown.message : "it is not XML", thrown);
  }
}

function unsupported(why: string, cause?: unknown): MtuiError {
  return new MtuiError("host.unsupported", `A product file of the host cannot be used: ${why}.`, {
    hint: "Look at the host's /etc/products.d; reinstalling its release package repairs the file.",
    cause,
  });
}
