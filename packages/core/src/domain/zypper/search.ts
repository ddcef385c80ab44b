import { compareRpmVersions } from "../rpm-version.ts";
import { parseTable } from "./table.ts";

export interface OfferRow {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
}

/** What is installed and in no repository is listed under this name. */
const SYSTEM = /^\(System/;

/** Reads `zypper -n se -s`: what enabled repositories offer. Null when the text holds no table. */
export function parseOffers(stdout: string): OfferRow[] | null {
  const rows = parseTable(stdout, "Name");
  if (rows === null) return null;
  return rows
    .filter((row) => row.Type === "package" && !SYSTEM.test(row.Repository ?? ""))
    .map((row) => ({ name: row.Name ?? "", version: row.Version ?? "", repository: row.Repository ?? "" }))
    .filter(({ name, version }) => name !== "" && version !== "");
}

/** The highest version offered of each package. */
export function highestOffers(rows: readonly OfferRow[]): Map<string, string> {
  const highest = new Map<string, string>();
  for (const { name, version } of rows) {
    const known = highest.get(name);
    if (known === undefined || compareRpmVersions(known, version) < 0) highest.set(name, version);
  }
  return highest;
}

/** Did zypper leave a repository out of its answer? Then "not listed" does not mean "not offered". */
export function searchedEverything({ exit, stderr }: { exit: number; stderr: string }): boolean {
  return exit !== 106 && !stderr.includes("Some of the repositories have not been refreshed");
}
