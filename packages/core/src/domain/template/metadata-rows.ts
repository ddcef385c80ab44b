import type { TestReport } from "./test-report.ts";

export interface MetadataRow {
  readonly name: string;
  readonly value: string;
}

/** What `list_metadata` shows, sorted by name, then value (docs/formats/rrid-and-template.md, "Listing"). */
export function metadataRows(report: TestReport, options: { reportsUrl: string }): MetadataRow[] {
  const home = `${options.reportsUrl.replace(/\/+$/, "")}/${report.rrid.text}`;
  const several = (name: string, values: readonly string[]): MetadataRow[] =>
    values.map((value) => ({ name, value }));
  const packages = Object.values(report.packages).flatMap((versions) => Object.keys(versions));
  const rows: MetadataRow[] = [
    { name: "Bugs", value: Object.keys(report.bugs).sort().join(", ") },
    { name: "Build checks", value: `${home}/build_checks` },
    { name: "Category", value: report.category ?? "" },
    { name: "Gitea PR", value: report.giteaPr ?? "" },
    { name: "Jira", value: Object.keys(report.jira).sort().join(", ") },
    { name: "Packager", value: report.packager ?? "" },
    { name: "Packages", value: [...new Set(packages)].sort().join(" ") },
    ...several("Products", report.products),
    { name: "Rating", value: report.rating ?? "" },
    { name: "Real ID", value: report.realId ?? "" },
    ...several("Repo", report.repositoryUrls),
    { name: "Repository", value: report.repository ?? "" },
    { name: "ReviewRequestID", value: report.rrid.text },
    ...several("Testplatform", report.testplatforms),
    { name: "Testreport", value: `${home}/log` },
  ];
  return rows
    .filter((row) => row.value !== "")
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
}

/** One row for people: the name padded to 15. */
export function metadataRowText(row: MetadataRow): string {
  return `${row.name.padEnd(15)}: ${row.value}`;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
