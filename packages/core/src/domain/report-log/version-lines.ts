import type { SeenVersion } from "../verdict.ts";
import { blockAt } from "./host-block.ts";

/** Writes one line a package below the block's `before:` or `after:`; a package's own old line is replaced. */
export function fillVersions(
  lines: string[],
  {
    start,
    title,
    versions,
  }: { start: number; title: "before:" | "after:"; versions: readonly [string, SeenVersion][] },
): void {
  const head = titleLine(lines, { start, title });
  for (const [name, version] of versions) {
    const end = sectionEnd(lines, head);
    const known = lines.slice(head + 1, end).findIndex((line) => packageOf(line) === name);
    if (known === -1) lines.splice(end, 0, versionLine(name, version));
    else lines[head + 1 + known] = versionLine(name, version);
  }
}

function versionLine(name: string, version: SeenVersion): string {
  if (version === undefined) return `\tpackage ${name}: version unknown`;
  return version === null ? `\tpackage ${name} is not installed` : `\t${name}-${version}`;
}

/** The package that a line speaks of: all before the last two dashes, so that `frob` is not `frob-devel`. */
function packageOf(line: string): string | null {
  const text = line.trim();
  const words = /^package (\S+?)(?: is not installed|: version unknown)$/.exec(text);
  return words?.[1] ?? /^(\S+)-[^-\s]+-[^-\s]+$/.exec(text)?.[1] ?? null;
}

/** Templates lose these lines sometimes; then they are put back at the block's top. */
function titleLine(
  lines: string[],
  { start, title }: { start: number; title: "before:" | "after:" },
): number {
  const find = (wanted: string): number => {
    const { end } = blockAt(lines, start);
    return lines.findIndex((line, at) => at > start && at <= end && line.trim() === wanted);
  };
  const found = find(title);
  if (found !== -1) return found;
  const before = title === "after:" ? find("before:") : -1;
  const rule = /^-+\s*$/.test(lines[start + 1] ?? "") ? start + 2 : start + 1;
  const at = before === -1 ? rule : sectionEnd(lines, before);
  lines.splice(at, 0, title);
  return at;
}

/** The first line after the title that is no version line any more. */
function sectionEnd(lines: readonly string[], head: number): number {
  let at = head + 1;
  while (at < lines.length && packageOf(lines[at] ?? "") !== null) at += 1;
  return at;
}
