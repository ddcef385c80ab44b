import { unknownName } from "./unknown-name.ts";
import type { Problem } from "./problem.ts";
import { allowedIn, keysOf, SECRET_KEYS, SECTIONS, type SectionName } from "./schema/sections.ts";

/**
 * One section of one file: all keys optional, none unknown. Problems are added to the list, so that
 * the others are still found.
 */
export function checkSection(
  section: SectionName,
  values: Readonly<Record<string, unknown>>,
  { linesOf, problems }: { linesOf: ReadonlyMap<string, number | null>; problems: Problem[] },
): Record<string, unknown> {
  const parsed = SECTIONS[section].partial().safeParse(values);
  if (parsed.success) return parsed.data;
  const bad = new Set<string>();
  for (const issue of parsed.error.issues) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0] ?? "")];
    for (const key of keys) bad.add(key);
  }
  for (const key of bad) {
    const allowed = allowedIn(section, key);
    const text =
      allowed === null
        ? unknownName(key, { known: keysOf(section), what: "key", section })
        : `${section}.${key} must be ${allowed}${shown(`${section}.${key}`, values[key])}`;
    problems.push({ line: linesOf.get(key) ?? null, key: `${section}.${key}`, text });
  }
  return {};
}

function shown(key: string, value: unknown): string {
  if (SECRET_KEYS.has(key) || value === undefined) return "";
  const text = JSON.stringify(value);
  return `, not ${text.length > 80 ? `${text.slice(0, 80)}...` : text}`;
}
