import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { count, slotWords } from "@mtui/core/text";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type Hosts = ResultOf<"list_hosts">["hosts"];

export function renderHosts({ hosts }: ResultOf<"list_hosts">, view: View): string[] {
  if (hosts.length === 0) return ["No hosts. Claim some: mtuictl add-host, or mtuictl add-host -t HOST"];
  return hostTable(hosts, view);
}

export function renderAddHost(result: NonNullable<ResultOf<"add_host">["result"]>, view: View): string[] {
  const { style } = view;
  const lines = hostTable(result.hosts, view);
  for (const { slot, reason } of result.no_host) {
    lines.push(`${style.yellow("no host")} for ${slotWords(slot)}: ${oneLine(reason)}`);
  }
  lines.push(...result.warnings.map((warning) => `${style.yellow("warning")}: ${oneLine(warning)}`));
  lines.push(`${count(result.hosts.length, "host")} connected`);
  return lines;
}

function hostTable(hosts: Hosts, view: View): string[] {
  const rows = hosts.map(({ host, system, transactional, connected, slots }) => [
    oneLine(host),
    paint(connected ? "connected" : "lost", view.style),
    oneLine(system),
    transactional ? "transactional" : "standard",
    slots.map((slot) => oneLine(slotWords(slot))).join("; ") || "-",
  ]);
  if (rows.length === 0) return [];
  const header = ["host", "state", "system", "kind", "test target"].map((title) => view.style.dim(title));
  const lines = table([header, ...rows], { columns: view.columns });
  for (const { host, warnings } of hosts) {
    lines.push(
      ...warnings.map((warning) => `${oneLine(host)}: ${view.style.yellow("warning")}: ${oneLine(warning)}`),
    );
  }
  return lines;
}

export function renderProducts({ hosts }: ResultOf<"list_products">, view: View): string[] {
  if (hosts.length === 0) return ["No hosts."];
  return hosts.flatMap(({ host, base, addons }) => [
    `${view.style.bold(oneLine(host))}: ${oneLine(`${base.name} ${base.version} ${base.arch}`)}`,
    ...addons.map((addon) => `  ${oneLine(`${addon.name} ${addon.version} ${addon.arch}`)}`),
  ]);
}

export function renderReleased(
  result: Pick<ResultOf<"remove_host">, "released" | "unreleased">,
  view: View,
): string[] {
  const lines = result.released.map((host) => `${oneLine(host)}: ${view.style.green("released")}`);
  for (const { host, reason } of result.unreleased) {
    lines.push(`${oneLine(host)}: ${view.style.red("not released")}: ${oneLine(reason)}`);
  }
  return lines.length === 0 ? ["There was nothing to release."] : lines;
}

export function renderCloseWorkspace(result: ResultOf<"close_workspace">, view: View): string[] {
  return [
    ...result.cancelled_jobs.map((job) => `${oneLine(job)}: cancelled`),
    ...(result.released.length + result.unreleased.length > 0 ? renderReleased(result, view) : []),
    `Workspace ${oneLine(result.workspace)} is closed.`,
  ];
}
