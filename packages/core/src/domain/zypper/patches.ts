import { parseTable } from "./table.ts";

export interface PatchRow {
  readonly repository: string;
  readonly name: string;
  /** `needed`, `applied`, `not needed`, ... */
  readonly status: string;
}

/**
 * Reads `zypper -n patches`. Releases differ in their columns, not in the names of these three;
 * the oldest call the first one `Catalog`. Null when the text holds no table.
 */
export function parsePatches(stdout: string): PatchRow[] | null {
  const rows = parseTable(stdout, "Repository") ?? parseTable(stdout, "Catalog");
  if (rows === null) return null;
  return rows.map((row) => ({
    repository: row.Repository ?? row.Catalog ?? "",
    name: row.Name ?? "",
    status: (row.Status ?? "").toLowerCase(),
  }));
}

/** The patches of one request: those of repositories that end in its suffix, whole and not by prefix. */
export function patchesOf(rows: readonly PatchRow[], suffix: string): PatchRow[] {
  return rows.filter(({ repository, name }) => name !== "" && repository.endsWith(suffix));
}
