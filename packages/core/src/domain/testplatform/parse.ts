import { printable } from "../grammar/control-characters.ts";
import { parseInteger } from "../grammar/integer.ts";
import type { PlatformQuery, QueriedProduct, QueriedVersion } from "./query.ts";

/** What a testplatform line asks for: one query for each architecture, and what was not understood. */
export interface Testplatform {
  readonly queries: readonly PlatformQuery[];
  readonly problems: readonly string[];
}

const LINE_LIMIT = 4096;

/**
 * Reads a testplatform line (docs/formats/refhosts.md, "Testplatform queries"). A part that cannot be
 * read is left out, as everywhere else where these lines are read, and named in `problems`.
 */
export function parseTestplatform(text: string): Testplatform {
  const problems: string[] = [];
  if (text.length > LINE_LIMIT) {
    return { queries: [], problems: [`longer than ${LINE_LIMIT} characters`] };
  }
  let base: QueriedProduct | null = null;
  let archs: string[] | null = null;
  const addons: QueriedProduct[] = [];
  for (const segment of text.split(";")) {
    const equals = segment.indexOf("=");
    const key = segment.slice(0, Math.max(equals, 0));
    const value = segment.slice(equals + 1);
    if (equals === -1) {
      problems.push(segment.trim() === "" ? "empty part" : `"${printable(segment)}" has no "="`);
    } else if (key === "arch") {
      archs = parseArchs(value, problems) ?? archs;
    } else if (key === "base") {
      base = parseNamed(value, problems) ?? base;
    } else if (key === "addon") {
      const addon = parseNamed(value, problems);
      if (addon !== null) addons.push(addon);
    } else {
      problems.push(`"${printable(key)}" is none of base, addon and arch`);
    }
  }
  if (archs === null) problems.push("no arch=[...], so it asks for no host");
  return { queries: (archs ?? []).map((arch) => ({ arch, base, addons })), problems };
}

function parseArchs(value: string, problems: string[]): string[] | null {
  const match = /^\[(.*)\]/.exec(value);
  if (match === null) {
    problems.push(`architectures are not in [...]: "${printable(value)}"`);
    return null;
  }
  return (match[1] ?? "").split(",").map((arch) => arch.trim());
}

function parseNamed(value: string, problems: string[]): QueriedProduct | null {
  const match = /^(.*)\((.*)\)/.exec(value);
  if (match === null) {
    problems.push(`"${printable(value)}" has no parentheses, so it restricts nothing`);
    return null;
  }
  return { name: match[1] ?? "", version: parseVersion(match[2] ?? "", problems) };
}

/** Keys are not trimmed: ` minor` is not `minor`; a line that says so asks for the major alone. */
function parseVersion(fields: string, problems: string[]): QueriedVersion | null {
  const values = new Map<string, number | string>();
  for (const field of fields.split(",")) {
    if (field === "") continue;
    const [key = "", value, ...more] = field.split("=");
    if (value === undefined || more.length > 0 || (key !== "major" && key !== "minor")) {
      problems.push(`"${printable(field)}" is neither major=... nor minor=...`);
      continue;
    }
    values.set(key, parseInteger(value) ?? value);
  }
  const major = values.get("major");
  const minor = values.get("minor");
  if (major === undefined) return null;
  return minor === undefined ? { major } : { major, minor };
}
