import type { InventoryProduct, ProductVersion, RefHost } from "../inventory/refhost.ts";
import type { HostFacts, ProductId } from "./product-id.ts";

/**
 * How a connected host differs from its inventory row (docs/formats/products.md, "Comparison with the
 * inventory"): one line for each class of difference, none if all is as listed. Advice alone.
 */
export function compareWithInventory(facts: HostFacts, row: RefHost): string[] {
  const lines: string[] = [];
  if (facts.dangling) lines.push("the link /etc/products.d/baseproduct leads nowhere");
  const base = baseDifferences(facts, row);
  if (base.length > 0) lines.push(`base product differs: ${base.join("; ")}`);
  const addons = addonDifferences(facts.addons, row.addons);
  if (addons.absent.length > 0) lines.push(`addons listed but not installed: ${sorted(addons.absent)}`);
  if (addons.extra.length > 0) lines.push(`addons installed but not listed: ${sorted(addons.extra)}`);
  if (addons.other.length > 0) lines.push(`addons of another version: ${sorted(addons.other)}`);
  return lines;
}

/** A version text of a host in the form of the inventory: `15-SP6`, `16.0`, `15`. */
function parseVersionText(text: string): ProductVersion | undefined {
  if (text === "") return undefined;
  const servicePack = /^(\d+)-SP(\d+)$/.exec(text);
  if (servicePack !== null) return { major: Number(servicePack[1]), minor: `SP${servicePack[2]}` };
  const dot = text.indexOf(".");
  if (dot === -1) return { major: numberOrText(text) };
  return { major: numberOrText(text.slice(0, dot)), minor: numberOrText(text.slice(dot + 1)) };
}

/** With a dangling link only the architecture could be known at all. */
function baseDifferences(facts: HostFacts, row: RefHost): string[] {
  const { name, version, arch } = facts.base;
  const listed = row.product;
  const found: string[] = [];
  if (!facts.dangling) {
    if (name.toLowerCase() !== listed.name.toLowerCase()) {
      found.push(`name is ${name}, listed is ${listed.name}`);
    }
    if (listed.version !== undefined && !sameVersion(parseVersionText(version), listed.version)) {
      found.push(`version is ${version}, listed is ${listedVersion(listed.version)}`);
    }
  }
  if (arch !== "" && arch !== row.arch) found.push(`arch is ${arch}, listed is ${row.arch}`);
  return found;
}

/** The test tools' own addon is on some hosts and not on others; it says nothing. */
const IGNORED = "qa";

function addonDifferences(
  installed: readonly ProductId[],
  listed: readonly InventoryProduct[],
): { absent: string[]; extra: string[]; other: string[] } {
  const has = new Map(installed.map((addon) => [addon.name.toLowerCase(), addon]));
  const wants = new Map(listed.map((addon) => [addon.name.toLowerCase(), addon]));
  has.delete(IGNORED);
  wants.delete(IGNORED);
  const absent = [...wants].filter(([key]) => !has.has(key)).map(([, addon]) => listedText(addon));
  const extra = [...has]
    .filter(([key]) => !wants.has(key))
    .map(([, addon]) => `${addon.name} ${addon.version}`);
  const other: string[] = [];
  for (const [key, addon] of wants) {
    const found = has.get(key);
    if (found === undefined || addon.version === undefined) continue;
    if (sameVersion(parseVersionText(found.version), addon.version)) continue;
    other.push(`${addon.name} (installed ${found.version}, listed ${listedVersion(addon.version)})`);
  }
  return { absent, extra, other };
}

function sameVersion(found: ProductVersion | undefined, listed: ProductVersion): boolean {
  return found !== undefined && found.major === listed.major && found.minor === listed.minor;
}

function listedText(addon: InventoryProduct): string {
  return addon.version === undefined ? addon.name : `${addon.name} ${listedVersion(addon.version)}`;
}

/** As hosts write it: `16.0`, but `15-SP6`. */
function listedVersion({ major, minor }: ProductVersion): string {
  if (minor === undefined) return String(major);
  return typeof minor === "number" ? `${major}.${minor}` : `${major}-${minor}`;
}

function numberOrText(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function sorted(items: string[]): string {
  return items.sort().join(", ");
}
