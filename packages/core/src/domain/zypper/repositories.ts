import { parseTable } from "./table.ts";

export interface RepositoryRow {
  readonly alias: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly url: string;
}

/** Reads `zypper -n lr -puU`; null when the text holds no such table. */
export function parseRepositories(stdout: string): RepositoryRow[] | null {
  const rows = parseTable(stdout, "Alias");
  if (rows === null) return null;
  return rows
    .map((row) => ({
      alias: row.Alias ?? "",
      name: row.Name ?? "",
      enabled: row.Enabled === "Yes",
      url: row.URI ?? "",
    }))
    .filter(({ alias }) => alias !== "");
}

/** One place may be written with and without its final slash. */
export function sameUrl(one: string, two: string): boolean {
  return one.replace(/\/+$/, "") === two.replace(/\/+$/, "");
}
