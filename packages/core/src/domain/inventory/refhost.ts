/**
 * One reference host as the inventory describes it (docs/formats/refhosts.md, "Rows"). Numbers and
 * strings are kept apart on purpose: `15` and `"15"` are two versions to everybody who reads the file.
 */
export interface RefHost {
  /** `host` or `host:port`; the identity, used as written. */
  readonly name: string;
  readonly arch: string;
  readonly product: InventoryProduct;
  readonly addons: readonly InventoryProduct[];
}

export interface InventoryProduct {
  readonly name: string;
  readonly version?: ProductVersion;
}

export interface ProductVersion {
  readonly major: number | string;
  readonly minor?: number | string;
}

/** `15-SP6`, `16-0`, `15`, or empty for no version (docs/formats/refhosts.md, "Version text"). */
export function versionText(version: ProductVersion | undefined): string {
  if (version === undefined) return "";
  const { major, minor } = version;
  return minor === undefined || minor === "" ? String(major) : `${major}-${minor}`;
}
