import type { JobView, ResultOf, Validation } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { count, duration, slotWords, untestedWords, wasThere } from "@mtui/core/text";
import { VERDICT_HEADER, verdictRows } from "./packages.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

/** One block an update, and the sum. */
export function renderValidate({ jobs, results }: ResultOf<"validate">, view: View): string[] {
  const blocks = jobs.map((job, index) => {
    const result = results?.[index] ?? null;
    return result === null ? unfinished(job, view) : renderValidation(result, view);
  });
  return [...blocks.flatMap((block) => [...block, ""]), total(jobs, { results: results ?? [], view })];
}

export function renderValidation(result: Validation, view: View): string[] {
  const { style } = view;
  const waited = result.waited >= 1 ? `, ${duration(result.waited)} of it in the queue` : "";
  const lines = [
    `${style.bold(oneLine(result.rrid))}  ${paint(result.verdict, style)}  ${style.dim(`${duration(result.seconds)}${waited}`)}`,
  ];
  const rows = result.hosts.flatMap(({ host, packages }) => verdictRows(host, packages, view));
  if (rows.length > 0) {
    const header = VERDICT_HEADER.map((title) => style.dim(title));
    lines.push(...table([header, ...rows], { indent: 2 }));
  }
  for (const host of result.hosts) lines.push(...hostNotes(host, view));
  lines.push(...wayBack(result));
  for (const { slot, reason } of result.no_host) {
    lines.push(`  ${style.yellow("no host")} for ${slotWords(slot)}: ${oneLine(reason)}`);
  }
  for (const { host, reason } of result.unreleased) {
    lines.push(`  ${style.red("not released")}: ${oneLine(host)}: ${oneLine(reason)}`);
  }
  lines.push(...result.warnings.map((warning) => `  ${style.yellow("warning")}: ${oneLine(warning)}`));
  lines.push(`  report: ${oneLine(result.report)}`);
  return lines;
}

/** What the table does not say: hosts that did not pass, and why. */
function hostNotes(host: Validation["hosts"][number], { style }: View): string[] {
  const lines: string[] = [];
  if (host.verdict !== "PASSED" || host.error !== null) {
    const why = host.error === null ? untestedWords(host) : errorLine(host.error);
    const reason = why === null ? "" : `: ${oneLine(why)}`;
    lines.push(`  ${oneLine(host.host)} is ${paint(host.verdict, style)}${reason}`);
  }
  lines.push(
    ...host.warnings.map((text) => `  ${oneLine(host.host)}: ${style.yellow("warning")}: ${oneLine(text)}`),
  );
  return lines;
}

/** NOT_TESTED most often means that somebody had updated the host before: then there is a way back. */
function wayBack({ hosts, rrid, steps }: Validation): string[] {
  const there = hosts.filter((host) => host.error === null && wasThere(host));
  if (there.length === 0) return [];
  if (steps.some(({ step }) => step === "downgrade")) return ["  The downgrade is done: validate again."];
  const prefer = there.map(({ host }) => ` --prefer ${oneLine(host)}`).join("");
  return [
    `  mtuictl validate --after downgrade${prefer} ${oneLine(rrid)} takes it back; then validate again.`,
  ];
}

/** An update whose job has no result: it failed, was cancelled, or goes on. */
function unfinished(job: JobView, { style }: View): string[] {
  const lines = [
    `${style.bold(oneLine(job.rrid ?? job.command))}  ${paint(job.state, style)}  ${style.dim(job.id)}`,
  ];
  if (job.error === null) return lines;
  lines.push(`  ${style.red(`${oneLine(job.error.kind)}: ${oneLine(job.error.message)}`)}`);
  if (job.error.hint !== undefined) lines.push(`  ${oneLine(job.error.hint)}`);
  return lines;
}

function total(
  jobs: readonly JobView[],
  { results, view }: { results: readonly (Validation | null)[]; view: View },
): string {
  const counts = new Map<string, number>();
  for (const [index, job] of jobs.entries()) {
    const outcome = results[index]?.verdict ?? (job.state === "failed" ? "not validated" : job.state);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const parts = [...counts].map(([outcome, number]) => `${number} ${paint(outcome, view.style)}`);
  return `${count(jobs.length, "update")}: ${parts.join(", ")}`;
}
