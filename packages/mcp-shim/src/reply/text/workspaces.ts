import type { ResultOf } from "@mtui/core/registry";
import { count, oneLine } from "@mtui/core/text";
import { foldHosts, hostsAndCount } from "../fold/host-names.ts";
import { warningLines } from "./error.ts";
import { groupBy, some, type Teller, utc } from "./view.ts";

export const workspacesText: Teller<ResultOf<"list_workspaces">> = ({ workspaces }) => {
  if (workspaces.length === 0) return ["No workspaces yet; the first call on one makes it."];
  return workspaces.map(({ workspace, state, rrid, hosts, jobs, lease_until }) => {
    const desk = hosts.length === 0 ? "no hosts" : hostsAndCount(hosts);
    const work = jobs.length === 0 ? "" : `; active: ${some(jobs.map(oneLine))}`;
    const lease = lease_until === null ? "" : `; lease until ${utc(lease_until)}`;
    return `${oneLine(workspace)}: ${state}${rrid === null ? "" : ` ${oneLine(rrid)}`}; ${desk}${work}${lease}`;
  });
};

/** Names of metadata that the lines before say already. */
const SAID: ReadonlySet<string> = new Set([
  "Packages",
  "Products",
  "Testplatform",
  "ReviewRequestID",
  "Repository",
]);

export const reportText: Teller<ResultOf<"load_template">> = (report) => {
  const versions = Object.entries(report.packages).map(([product, packages]) => ({ product, packages }));
  return [
    ...warningLines(report.warnings),
    `${oneLine(report.rrid)} is loaded in workspace ${oneLine(report.workspace)}.`,
    `products: ${some(report.products.map(oneLine))}`,
    ...report.testplatforms.map((text) => `testplatform: ${oneLine(text)}`),
    ...groupBy(versions, ({ packages }) => JSON.stringify(packages)).flatMap((group) => [
      `packages for ${some(group.map(({ product }) => oneLine(product)))}:`,
      ...groupBy(Object.entries(group[0]?.packages ?? {}), ([, version]) => version).map(
        (same) =>
          `  ${oneLine(same[0]?.[1] ?? "")}: ${some(
            same.map(([name]) => oneLine(name)),
            60,
          )}`,
      ),
    ]),
    `repositories: ${report.repositories.length}`,
    ...report.metadata
      .filter(({ name }) => !SAID.has(name))
      .map(({ name, value }) => `${oneLine(name)}: ${oneLine(value)}`),
    `report: ${oneLine(report.path)}`,
  ];
};

export const templatesText: Teller<ResultOf<"list_templates">> = ({ templates }) =>
  templates.length === 0
    ? ["No report is loaded; load_template loads one."]
    : templates.map(
        ({ rrid, workspace, hosts }) =>
          `${oneLine(rrid)}: workspace ${oneLine(workspace)}; ${hosts.length === 0 ? "no hosts" : foldHosts(hosts)}`,
      );

export const exportText: Teller<ResultOf<"export">> = ({ report, logs, hosts, warnings }) => [
  ...warningLines(warnings),
  ...groupBy(hosts, ({ verdict }) => verdict).map(
    (group) =>
      `${oneLine(group[0]?.verdict ?? "")}: ${hostsAndCount(group.map(({ host }) => oneLine(host)))}`,
  ),
  `written: ${oneLine(report)} and ${count(logs.length, "install log")}`,
];
