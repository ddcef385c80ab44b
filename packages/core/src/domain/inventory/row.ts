import { hasControlCharacters, printable } from "../grammar/control-characters.ts";
import { isHostName } from "../grammar/host-name.ts";
import type { InventoryProduct, ProductVersion, RefHost } from "./refhost.ts";

/** Why a row of the inventory cannot be used; never leaves this folder. */
export class BadRow extends Error {}

const ADDON_LIMIT = 200;
const WORD_LIMIT = 128;

/**
 * A row as a host, or the reason why it is none (docs/formats/refhosts.md, "Rows"). Unknown keys are
 * other people's.
 * @throws BadRow
 */
export function readRow(value: unknown): RefHost {
  const row = mapping(value, "the row");
  const name = word(row.get("name"), "name");
  if (!isHostName(name)) throw new BadRow(`name "${printable(name)}" is no host name`);
  const addons = row.get("addons") ?? [];
  if (!Array.isArray(addons)) throw new BadRow("addons is not a list");
  if (addons.length > ADDON_LIMIT) throw new BadRow(`more than ${ADDON_LIMIT} addons`);
  return {
    name,
    arch: word(row.get("arch"), "arch"),
    product: product(row.get("product"), "product"),
    addons: addons.map((addon: unknown, index) => product(addon, `addons[${index}]`)),
  };
}

function product(value: unknown, key: string): InventoryProduct {
  const fields = mapping(value, key);
  const name = word(fields.get("name"), `${key}.name`);
  const version = fields.get("version");
  return version === undefined || version === null
    ? { name }
    : { name, version: readVersion(version, `${key}.version`) };
}

function readVersion(value: unknown, key: string): ProductVersion {
  const fields = mapping(value, key);
  const major = scalar(fields.get("major"), `${key}.major`);
  if (major === undefined) throw new BadRow(`${key}.major is missing`);
  const minor = scalar(fields.get("minor"), `${key}.minor`);
  return minor === undefined ? { major } : { major, minor };
}

/** Numbers stay numbers and strings strings: they never compare equal. */
function scalar(value: unknown, key: string): number | string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string") return word(value, key);
  throw new BadRow(`${key} is neither a number nor a text`);
}

function word(value: unknown, key: string): string {
  if (value === undefined || value === null) throw new BadRow(`${key} is missing`);
  if (typeof value !== "string") throw new BadRow(`${key} is not a text`);
  if (value === "") throw new BadRow(`${key} is empty`);
  if (value.length > WORD_LIMIT * 2) throw new BadRow(`${key} is longer than ${WORD_LIMIT * 2} characters`);
  if (/\s/.test(value) || hasControlCharacters(value)) {
    throw new BadRow(`${key} "${printable(value)}" has blanks or control characters`);
  }
  return value;
}

function mapping(value: unknown, key: string): ReadonlyMap<unknown, unknown> {
  if (value instanceof Map) return value;
  if (value === undefined || value === null) throw new BadRow(`${key} is missing`);
  throw new BadRow(`${key} is not a mapping`);
}
