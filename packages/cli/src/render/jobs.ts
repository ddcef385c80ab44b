import type { JobView, ResultOf } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { ago, duration } from "@mtui/core/text";
import { paint, stateWords } from "./states.ts";
import { ticketLines } from "./queue.ts";
import type { View } from "./view.ts";

export function renderJobList({ jobs, more = 0 }: ResultOf<"job_list">, view: View): string[] {
  if (jobs.length === 0) return ["No jobs."];
  const rows = jobs.map((job) => [
    oneLine(job.id),
    paint(job.state, view.style),
    duration(job.elapsed),
    oneLine(job.workspace),
    oneLine(job.command),
  ]);
  const header = ["job", "state", "time", "workspace", "command"].map((title) => view.style.dim(title));
  const lines = table([header, ...rows], { columns: view.columns });
  return more === 0 ? lines : [...lines, view.style.dim(`${more} older ones: --limit ${jobs.length + more}`)];
}

export function renderJob(job: JobView, view: View): string[] {
  const { style } = view;
  const lines = [
    `${style.bold(oneLine(job.id))}: ${paint(job.state, style)} (${duration(job.elapsed)})  ${oneLine(job.command)}`,
    `  workspace ${oneLine(job.workspace)}${job.rrid === null ? "" : `, ${oneLine(job.rrid)}`}, asked for ${ago(job.created_at, view.now)}`,
  ];
  if (job.step !== null) lines.push(`  step: ${oneLine(job.step)}`);
  for (const [host, progress] of Object.entries(job.hosts)) {
    const { state, step, exit, message, since, last_line } = progress;
    const more = [step, message].filter((text) => text !== undefined).map((text) => oneLine(text));
    if (state === "running" && since !== undefined) more.push(duration((view.now - since) / 1000));
    lines.push(
      `  ${oneLine(host)}: ${stateWords(state, exit)}${more.length === 0 ? "" : `  ${more.join(": ")}`}`,
    );
    if (state === "running" && last_line !== undefined) lines.push(`    ${style.dim(oneLine(last_line))}`);
  }
  if (job.ticket !== null) lines.push(...ticketLines(job.ticket, view).map((line) => `  ${line}`));
  if (job.error !== null) lines.push(`  ${style.red(errorLine(job.error))}`);
  return lines;
}

export function renderJobs({ jobs }: { jobs: readonly JobView[] }, view: View): string[] {
  return jobs.flatMap((job) => renderJob(job, view));
}

export function renderJobCancel({ others = [], ...first }: ResultOf<"job_cancel">, view: View): string[] {
  return [first, ...others].flatMap(({ job, message }) => [oneLine(message), ...renderJob(job, view)]);
}
