import type { ProductId } from "./product-id.ts";

/** What a host without `/etc/products.d` and without `/etc/os-release` is taken for. */
export const OLD_RED_HAT: ProductId = { name: "rhel", version: "6", arch: "x86_64" };

/**
 * A host that is no SUSE system, from its `/etc/os-release`. The file does not tell the architecture;
 * all machines of this kind are `x86_64` (docs/formats/products.md, "Other systems").
 */
export function parseOsRelease(text: string): ProductId {
  const values = new Map<string, string>();
  for (const line of text.slice(0, 64 * 1024).split(/\r?\n/)) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (match !== null) values.set(match[1] ?? "", unquote((match[2] ?? "").trim()));
  }
  return { name: values.get("ID") ?? "", version: values.get("VERSION_ID") ?? "", arch: "x86_64" };
}

function unquote(value: string): string {
  return value.replaceAll('"', "").replace(/^'(.*)'$/, "$1");
}
