import type { ResultOf } from "@mtui/core/registry";
import { count, oneLine, slotWords } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { warningLines } from "./error.ts";
import type { Part } from "./part.ts";
import { groupBy, some, type Teller } from "./view.ts";

type HostView = ResultOf<"list_hosts">["hosts"][number];
type AddHost = NonNullable<ResultOf<"add_host">["result"]>;

export const hostsText: Teller<ResultOf<"list_hosts">> = ({ hosts }) =>
  hosts.length === 0 ? ["The workspace has no hosts; add_host claims some."] : hostLines(hosts);

export function addHostParts({ hosts, no_host, warnings }: AddHost): Part[] {
  return [
    ...no_host.map(({ slot, reason }) => `no host for ${oneLine(slotWords(slot))}: ${oneLine(reason)}`),
    `${count(hosts.length, "host")} connected`,
    ...hostLines(hosts),
    ...warningLines(warnings),
  ];
}

function hostLines(hosts: readonly HostView[]): Part[] {
  const rows = hosts.map((host) => {
    const slots = host.slots.map((slot) => slotWords(slot).trim()).filter((words) => words !== "");
    const state = host.connected ? "" : "NOT CONNECTED, ";
    const kind = host.transactional ? ", transactional" : "";
    return {
      host: host.host,
      text: `${state}${host.system}${kind}${slots.length === 0 ? "" : ` for ${slots.join("; ")}`}`,
    };
  });
  const warnings = hosts.flatMap((host) => host.warnings.map((text) => ({ host: host.host, text })));
  return [
    ...groupBy(rows, ({ text }) => text).map(
      (group) => `${hostsAndCount(group.map(({ host }) => host))}: ${oneLine(group[0]?.text ?? "")}`,
    ),
    ...groupBy(warnings, ({ text }) => text).map(
      (group) => `${hostsAndCount(group.map(({ host }) => host))}: warning: ${oneLine(group[0]?.text ?? "")}`,
    ),
  ];
}

export const productsText: Teller<ResultOf<"list_products">> = ({ hosts }) => {
  if (hosts.length === 0) return ["The workspace has no hosts; add_host claims some."];
  const rows = hosts.map(({ host, base, addons }) => ({
    host,
    text: [base, ...addons].map(({ name, version, arch }) => `${name} ${version} ${arch}`).join(", "),
  }));
  return groupBy(rows, ({ text }) => text).map(
    (group) => `${hostsAndCount(group.map(({ host }) => host))}: ${oneLine(group[0]?.text ?? "")}`,
  );
};

type Released = Pick<ResultOf<"remove_host">, "released" | "unreleased">;

export const releasedText: Teller<Released> = ({ released, unreleased }) => {
  const lines = unreleased.map(({ host, reason }) => `NOT released: ${oneLine(host)}: ${oneLine(reason)}`);
  if (released.length > 0) lines.push(`released: ${hostsAndCount(released.map(oneLine))}`);
  return lines.length === 0 ? ["There was nothing to release."] : lines;
};

export const closedText: Teller<ResultOf<"close_workspace">> = (result, context) => [
  `Workspace ${oneLine(result.workspace)} is closed.`,
  ...(result.released.length + result.unreleased.length > 0 ? releasedText(result, context) : []),
  ...(result.cancelled_jobs.length > 0 ? [`cancelled: ${some(result.cancelled_jobs.map(oneLine))}`] : []),
];

export const refhostsText: Teller<ResultOf<"list_refhosts">> = ({ hosts, warnings }) => {
  const rows = hosts.map(({ name, arch, product, version, addons, slot, lock, lock_text }) => {
    const state =
      lock === undefined
        ? ""
        : `${lock}${lock_text === undefined || lock === "free" ? "" : ` ${lock_text}`}: `;
    const target = slot === null ? "" : ` [${slot}]`;
    return {
      host: name,
      text: `${state}${product} ${version} ${arch} +${addons.length} addons${target}`,
      full: addons,
    };
  });
  const lines = groupBy(rows, ({ text, full }) => JSON.stringify([text, full])).map(
    (group) => `${hostsAndCount(group.map(({ host }) => oneLine(host)))}: ${oneLine(group[0]?.text ?? "")}`,
  );
  return [
    lines.length === 0 ? "No host matches." : count(hosts.length, "host"),
    ...lines,
    ...warningLines(warnings),
  ];
};
