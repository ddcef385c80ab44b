import { dropStaleResults, findBlock, insertBlock } from "./host-block.ts";
import { SECTION_TITLES } from "./section-titles.ts";
import { addFooters, addLinks, takeFooters } from "./links.ts";
import { isNoHostNote, noHostNote } from "./notes.ts";
import type { ReportExport, ReportedHost } from "./reported-host.ts";
import { fillVerdict } from "./verdict-line.ts";
import { fillVersions } from "./version-lines.ts";

/**
 * The report's text with the results of these hosts (docs/formats/report-export.md). Everything else
 * in it stays as it is; exporting the same results twice gives the same text.
 */
export function exportReport(text: string, results: ReportExport): { text: string; warnings: string[] } {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/).filter((line) => !isNoHostNote(line));
  const footers = takeFooters(lines);
  const warnings: string[] = [];
  let top = resultsStart(lines, warnings);
  const notes = results.noHost.map(noHostNote);
  lines.splice(top, 0, ...notes);
  top += notes.length;
  for (const host of results.hosts) {
    const known = findBlock(lines, host);
    // New blocks stand in the order of the hosts, above those of the template.
    const before = lines.length;
    const start = known?.start ?? top + 1;
    if (known === null) insertBlock(lines, { at: top, host });
    warnings.push(...fillBlock(lines, { start, host }));
    if (known === null || known.start < top) top += lines.length - before;
  }
  addLinks(
    lines,
    results.hosts.flatMap(({ logFile }) => (logFile === null ? [] : [`${results.logUrl}/${logFile}`])),
  );
  addFooters(lines, { footers, ours: results.footer });
  return { text: `${lines.join(eol)}${eol}`, warnings };
}

function fillBlock(lines: string[], { start, host }: { start: number; host: ReportedHost }): string[] {
  dropStaleResults(lines, start);
  const { packages } = host;
  fillVersions(lines, {
    start,
    title: "before:",
    versions: packages.map(({ name, before }) => [name, before]),
  });
  fillVersions(lines, { start, title: "after:", versions: packages.map(({ name, after }) => [name, after]) });
  const warning = fillVerdict(lines, { start, host });
  return warning === null ? [] : [warning];
}

/** Where new blocks go: below the section's title, made at the end of a report that has none. */
function resultsStart(lines: string[], warnings: string[]): number {
  for (const title of SECTION_TITLES) {
    const at = lines.findIndex((line) => line.trimEnd() === title);
    if (at !== -1) return /^#{4,}\s*$/.test(lines[at + 1] ?? "") ? at + 2 : at + 1;
  }
  warnings.push(`the report has no section "${SECTION_TITLES[0]}"; it was added at the end`);
  const rule = "#".repeat(SECTION_TITLES[0].length);
  lines.push("", rule, SECTION_TITLES[0], rule);
  return lines.length;
}
