import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { pad } from "../terminal/width.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type Row = ResultOf<"list_refhosts">["hosts"][number];

const NAME = 34;
const PRODUCT = 22;
const ARCH = 8;
const LOCK = 22;

/** The columns that testers know from `list_refhosts`; with slots in the rows, grouped by them. */
export function renderRefhosts({ hosts, warnings }: ResultOf<"list_refhosts">, view: View): string[] {
  const notes = warnings.map((warning) => `${view.style.yellow("warning")}: ${oneLine(warning)}`);
  if (hosts.length === 0) return ["no refhosts match", ...notes];
  const grouped = hosts.some((host) => host.slot !== null);
  const lines = grouped ? groups(hosts, view) : hosts.map((host) => row(host, view));
  return [...lines, "", `${hosts.length} refhost(s)`, ...notes];
}

function groups(hosts: readonly Row[], view: View): string[] {
  const bySlot = new Map<string, Row[]>();
  for (const host of hosts) bySlot.set(host.slot ?? "-", [...(bySlot.get(host.slot ?? "-") ?? []), host]);
  return [...bySlot]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([slot, members]) => [
      view.style.bold(`== ${oneLine(slot)} ==`),
      ...members.map((host) => `  ${row(host, view)}`),
    ]);
}

function row(host: Row, view: View): string {
  const product = `${host.product}${host.version === "" ? "" : ` ${host.version}`}`;
  const lock = host.lock === undefined ? "" : ` ${pad(lockText(host, view), LOCK)}`;
  const addons = view.flags.verbose ? ` ${host.addons.map(oneLine).join(",")}` : "";
  return `${pad(oneLine(host.name), NAME)} ${pad(oneLine(product), PRODUCT)} ${pad(oneLine(host.arch), ARCH)}${lock}${addons}`.trimEnd();
}

function lockText({ lock = "unknown", lock_text }: Row, view: View): string {
  return paint(lock, view.style) + (lock_text === undefined ? "" : ` (${oneLine(lock_text)})`);
}
