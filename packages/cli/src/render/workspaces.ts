import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { leaseText } from "./lease.ts";
import type { View } from "./view.ts";

export function renderWorkspaces({ workspaces }: ResultOf<"list_workspaces">, view: View): string[] {
  if (workspaces.length === 0) return ["No workspaces yet; the first command on one makes it."];
  const rows = workspaces.map(({ workspace, state, rrid, hosts, jobs, lease_until }) => [
    oneLine(workspace),
    state,
    oneLine(rrid ?? "-"),
    hosts.length === 0 ? "-" : hosts.map(oneLine).join(","),
    jobs.length === 0 ? "-" : jobs.map(oneLine).join(","),
    leaseText(lease_until, view.now),
  ]);
  const header = ["workspace", "state", "update", "hosts", "jobs", "lease"].map((title) =>
    view.style.dim(title),
  );
  return table([header, ...rows], { columns: view.columns });
}

export function renderReport(report: ResultOf<"load_template">, { style }: View): string[] {
  const versions = Object.entries(report.packages);
  const lines = [
    `${style.bold(oneLine(report.rrid))} in workspace ${oneLine(report.workspace)}`,
    ...table(
      report.metadata.map(({ name, value }) => [`${oneLine(name)}:`, oneLine(value)]),
      { indent: 2 },
    ),
  ];
  for (const [product, packages] of versions) {
    lines.push(`  packages for ${oneLine(product)}:`);
    const rows = Object.entries(packages).map(([name, version]) => [oneLine(name), oneLine(version)]);
    lines.push(...table(rows, { indent: 4 }));
  }
  for (const { product, version, arch, url } of report.repositories) {
    lines.push(`  repository for ${oneLine(`${product} ${version} ${arch}`)}: ${oneLine(url)}`);
  }
  lines.push(`  report: ${oneLine(report.path)}`);
  lines.push(...report.warnings.map((warning) => `${style.yellow("warning")}: ${oneLine(warning)}`));
  return lines;
}
