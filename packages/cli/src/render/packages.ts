import type { ResultOf, Validation } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type PackageResult = Validation["hosts"][number]["packages"][number];
/** Such a table is cut to no width: the end of a version is what it is read for. */
export const VERDICT_HEADER = ["host", "package", "before", "required", "after", "verdict"] as const;

/** Rows of the before/after table of one host; the host's name stands in the first alone. */
export function verdictRows(host: string, packages: readonly PackageResult[], view: View): string[][] {
  return packages.map(({ name, before, required, after, verdict, note }, index) => [
    index === 0 ? oneLine(host) : "",
    oneLine(name),
    version(before),
    oneLine(required),
    version(after),
    paint(verdict, view.style) + (note === undefined ? "" : ` (${oneLine(note)})`),
  ]);
}

function version(text: string | null): string {
  return text === null ? "-" : oneLine(text);
}

export function packageRows(hosts: ResultOf<"list_packages">["hosts"], view: View): string[][] {
  const rows: string[][] = [];
  for (const { host, packages, error } of hosts) {
    if (error !== null) rows.push([oneLine(host), view.style.red(oneLine(error))]);
    for (const { name, installed, required, state } of packages) {
      rows.push([
        oneLine(host),
        oneLine(name),
        version(installed),
        version(required),
        paint(state, view.style),
      ]);
    }
  }
  return rows;
}
