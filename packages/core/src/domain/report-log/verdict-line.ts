import { blockAt } from "./host-block.ts";
import { isNoHostNote, isNote, note } from "./notes.ts";
import type { ReportedHost } from "./reported-host.ts";

/**
 * Fills `=> PASSED/FAILED` for a host that passed or failed. Any other verdict leaves the question to
 * the tester and says why. An answer that stands there already is a person's, or of an earlier run:
 * it stays, and a differing one is noted below it.
 * @returns a warning for the last case
 */
export function fillVerdict(
  lines: string[],
  { start, host }: { start: number; host: ReportedHost },
): string | null {
  for (let at = blockAt(lines, start).end; at > start; at -= 1) {
    const line = lines[at] ?? "";
    if (isNote(line) && !isNoHostNote(line)) lines.splice(at, 1);
  }
  const at = verdictLine(lines, start);
  const { verdict } = host;
  if (verdict !== "PASSED" && verdict !== "FAILED") {
    lines.splice(at + 1, 0, note(`not filled in: ${openReason(host)}`));
    return null;
  }
  const line = lines[at] ?? "";
  if (line.includes("PASSED/FAILED")) {
    lines[at] = `=> ${verdict}`;
    return null;
  }
  if (line.trim() === `=> ${verdict}`) return null;
  lines.splice(at + 1, 0, note(`the last run says ${verdict}; the line above was there before and was kept`));
  return `${host.host}: the report says "${line.trim()}" and the last run ${verdict}; the report's line was kept`;
}

/** The line with the question or its answer; put before the comment where a template has none. */
function verdictLine(lines: string[], start: number): number {
  const { end } = blockAt(lines, start);
  const found = lines.findIndex(
    (line, at) =>
      at > start &&
      at <= end &&
      (line.includes("PASSED/FAILED") || /^\s*=> (?:PASSED|FAILED)\s*$/.test(line)),
  );
  if (found !== -1) return found;
  const comment = (lines[end] ?? "").startsWith("comment:");
  const at = comment ? end : end + 1;
  lines.splice(at, 0, "=> PASSED/FAILED", "");
  return at;
}

function openReason({ verdict, reason }: ReportedHost): string {
  const word = verdict === "LOST" ? "the host was lost" : "not tested";
  return reason === null ? word : `${word}: ${reason}`;
}
