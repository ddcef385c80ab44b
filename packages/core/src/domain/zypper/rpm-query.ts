import { isPackageName } from "../grammar/package.ts";
import { compareRpmVersions } from "../rpm-version.ts";

/** A package's version on a host, `null` for "not installed". */
export type InstalledVersions = ReadonlyMap<string, string | null>;

/**
 * Reads rpm's answer to a query for these packages. Every one must be answered, by a version or by
 * "is not installed"; of several installed versions the highest counts.
 * @returns the versions, or why the answer cannot be used
 */
export function parseInstalled(
  stdout: string,
  asked: readonly string[],
): { versions: InstalledVersions } | { problem: string } {
  const versions = new Map<string, string | null>();
  for (const line of stdout.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const absent = /^package (\S+) is not installed$/.exec(line.trim());
    if (absent?.[1] !== undefined) {
      if (!versions.has(absent[1])) versions.set(absent[1], null);
      continue;
    }
    const found = /^(\S+) (\S+-\S+)$/.exec(line.trim());
    if (found?.[1] === undefined || found[2] === undefined || !isPackageName(found[1])) {
      return { problem: "rpm answered with a line that is no package version" };
    }
    const known = versions.get(found[1]) ?? null;
    if (known === null || compareRpmVersions(known, found[2]) < 0) versions.set(found[1], found[2]);
  }
  const missing = asked.filter((name) => !versions.has(name));
  if (missing.length > 0) return { problem: `rpm did not answer for ${missing.slice(0, 3).join(", ")}` };
  return { versions: new Map(asked.map((name) => [name, versions.get(name) ?? null])) };
}
