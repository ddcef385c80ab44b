import { endsBlock } from "./section-titles.ts";
import type { ReportedHost } from "./reported-host.ts";

/*
 * A host's block runs from its `<system> (reference host: <host>)` line to its `comment:` line. The
 * lines are an array that the functions of this folder change in place; the array is the exporter's own.
 */

const REFERENCE = "(reference host: ";

/** First and last line of a block, both included. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

/** The host's block: its own, else a `?` block of its system, which becomes its own, else null. */
export function findBlock(
  lines: string[],
  { system, host }: Pick<ReportedHost, "system" | "host">,
): Block | null {
  const own = `${system} ${REFERENCE}${host})`;
  const open = `${system} ${REFERENCE}?)`;
  let start = lines.findIndex((line) => line.trimEnd() === own);
  if (start === -1) {
    start = lines.findIndex((line) => line.trimEnd() === open);
    if (start === -1) return null;
    lines[start] = own;
  }
  return blockAt(lines, start);
}

/** The block that starts at this line, with its present end. */
export function blockAt(lines: readonly string[], start: number): Block {
  for (let at = start + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.startsWith("comment:")) return { start, end: at };
    if (line.includes(REFERENCE) || endsBlock(line)) return { start, end: at - 1 };
  }
  return { start, end: lines.length - 1 };
}

/** A new block for the host; its header stands on the line after this one. */
export function insertBlock(lines: string[], { at, host }: { at: number; host: ReportedHost }): void {
  const block = [
    "",
    `${host.system} ${REFERENCE}${host.host})`,
    "--------------",
    "before:",
    "after:",
    "",
    "=> PASSED/FAILED",
    "",
    "comment: (none)",
    "",
  ];
  lines.splice(at, 0, ...block);
}

/** Results of runs long ago that say `: SUCCEEDED` and the like. */
export function dropStaleResults(lines: string[], start: number): void {
  for (let at = blockAt(lines, start).end; at > start; at -= 1) {
    if (/\s:\s(?:SUCCEEDED|FAILED|INTERNAL ERROR)/.test(lines[at] ?? "")) lines.splice(at, 1);
  }
}
