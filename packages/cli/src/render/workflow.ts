import type { ResultOf } from "@mtui/core/registry";
import { untestedWords, wasThere } from "@mtui/core/text";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { hostLines } from "./evidence.ts";
import { packageRows, VERDICT_HEADER, verdictRows } from "./packages.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type Results = NonNullable<ResultOf<"prepare">["result"]>;
type UpdateResults = NonNullable<ResultOf<"update">["result"]>;

/** prepare, downgrade, install, uninstall, set_repo, reboot: the evidence per host. */
export function renderHostResults({ hosts, warnings }: Results, view: View): string[] {
  const lines = hosts.flatMap((host) => hostLines(host, view));
  if (hosts.length === 0) lines.push(view.style.red("No host was touched."));
  return [...lines, ...warningLines(warnings, view)];
}

export function renderUpdate({ hosts, warnings }: UpdateResults, view: View): string[] {
  const lines: string[] = [];
  for (const host of hosts) {
    lines.push(...hostLines(host, view), `  verdict: ${paint(host.verdict, view.style)}`);
  }
  const rows = hosts.flatMap(({ host, packages }) => verdictRows(host, packages, view));
  if (rows.length > 0) {
    lines.push("", ...table([VERDICT_HEADER.map((title) => view.style.dim(title)), ...rows]));
  }
  lines.push(...untestedLines(hosts, view));
  if (hosts.length === 0) lines.push(view.style.red("No host was touched."));
  return [...lines, ...warningLines(warnings, view)];
}

/** What neither the evidence nor the table says: why an update that went in tested nothing, and the way out. */
function untestedLines(hosts: UpdateResults["hosts"], { style, workspace }: View): string[] {
  const lines = hosts.flatMap((host) => {
    const why = host.error === null ? untestedWords(host) : null;
    return why === null ? [] : [`${oneLine(host.host)} is ${paint(host.verdict, style)}: ${oneLine(why)}`];
  });
  const there = hosts.filter((host) => host.error === null && wasThere(host));
  if (there.length === 0) return lines;
  const desk = workspace === undefined ? "" : ` -w ${oneLine(workspace)}`;
  const targets = there.map(({ host }) => ` -t ${oneLine(host)}`).join("");
  return [...lines, `mtuictl downgrade${desk}${targets} takes it back; then update again.`];
}

export function renderPackages({ hosts }: ResultOf<"list_packages">, view: View): string[] {
  if (hosts.length === 0) return ["No hosts."];
  const header = ["host", "package", "installed", "required", "state"].map((title) => view.style.dim(title));
  return table([header, ...packageRows(hosts, view)]);
}

export function renderExport(result: ResultOf<"export">, view: View): string[] {
  return [
    ...result.hosts.map(({ host, verdict }) => `${oneLine(host)}: ${paint(oneLine(verdict), view.style)}`),
    ...result.logs.map((log) => `log: ${oneLine(log)}`),
    `report: ${oneLine(result.report)}`,
    ...warningLines(result.warnings, view),
  ];
}

function warningLines(warnings: readonly string[], { style }: View): string[] {
  return warnings.map((warning) => `${style.yellow("warning")}: ${oneLine(warning)}`);
}
