import type { JobView, ResultOf, Validation } from "@mtui/core/registry";
import { count, duration, oneLine, slotWords } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { errorText, warningLines } from "./error.ts";
import { hasEnded, jobLines, nextOf } from "./job.ts";
import { verdictLines } from "./packages.ts";
import type { Part } from "./part.ts";
import { groupBy, type Teller } from "./view.ts";

export const validateText: Teller<ResultOf<"validate">> = ({ jobs, results }) => {
  const rows = jobs.map((job, index) => ({ job, result: results?.[index] ?? null }));
  const rank = ({ job, result }: (typeof rows)[number]): number =>
    result === null ? (hasEnded(job) ? 0 : 3) : result.verdict === "PASSED" ? 2 : 1;
  return [
    sum(rows),
    ...rows
      .toSorted((a, b) => rank(a) - rank(b))
      .flatMap(({ job, result }) => (result === null ? jobLines(job) : validationParts(result))),
    ...nextOf(jobs, results !== null),
  ];
};

function sum(rows: readonly { job: JobView; result: Validation | null }[]): string {
  const outcomes = rows.map(
    ({ job, result }) => result?.verdict ?? (job.state === "failed" ? "not validated" : job.state),
  );
  const parts = groupBy(outcomes, (outcome) => outcome).map((group) => `${group.length} ${group[0]}`);
  return `${count(rows.length, "update")}: ${parts.join(", ") || "none"}`;
}

export function validationParts(result: Validation): Part[] {
  const waited = result.waited >= 1 ? `, ${duration(result.waited)} of it in the queue` : "";
  const lines: Part[] = [
    `${oneLine(result.rrid)} ${result.verdict} in ${duration(result.seconds)}${waited} (workspace ${oneLine(result.workspace)})`,
  ];
  for (const { slot, reason } of result.no_host) {
    lines.push(`  no host for ${oneLine(slotWords(slot))}: ${oneLine(reason)}`);
  }
  for (const { host, reason } of result.unreleased) {
    lines.push(`  not released: ${oneLine(host)}: ${oneLine(reason)}`);
  }
  for (const { host, error } of result.hosts)
    if (error !== null) lines.push(`  ${oneLine(host)}: ${errorText(error)}`);
  lines.push(...verdictLines(result.hosts).map((line) => `  ${line}`));
  const warnings = result.hosts.flatMap((host) => host.warnings.map((text) => ({ host: host.host, text })));
  for (const group of groupBy(warnings, ({ text }) => text)) {
    lines.push(
      `  ${hostsAndCount(group.map(({ host }) => host))}: warning: ${oneLine(group[0]?.text ?? "")}`,
    );
  }
  return [...lines, ...warningLines(result.warnings), `  report: ${oneLine(result.report)}`];
}
