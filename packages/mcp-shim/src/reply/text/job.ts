import type { JobView, ResultOf } from "@mtui/core/registry";
import { duration, oneLine, placeWords, targetWords } from "@mtui/core/text";
import { foldHosts, hostsAndCount } from "../fold/host-names.ts";
import { toolCall } from "../hints/tool-call.ts";
import { errorText } from "./error.ts";
import type { Part } from "./part.ts";
import { groupBy, type Teller, utc } from "./view.ts";

type Ticket = NonNullable<JobView["ticket"]>;

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "lost"]);
const GOES_ON: ReadonlySet<string> = new Set(["running", "notRun"]);

export function hasEnded({ state }: Pick<JobView, "state">): boolean {
  return ENDED.has(state);
}

/** The first line of whatever is said of a job. */
export function jobLine(job: JobView): string {
  const step = job.step === null || hasEnded(job) ? "" : `, step ${oneLine(job.step)}`;
  const rrid = job.rrid === null ? "" : `, ${oneLine(job.rrid)}`;
  return `${oneLine(job.id)} ${job.state} after ${duration(job.elapsed)}${step} (${oneLine(job.command)}; workspace ${oneLine(job.workspace)}${rrid})`;
}

/** How it goes per host, equal hosts together, and why it waits. */
export function jobLines(job: JobView): Part[] {
  const lines: Part[] = [jobLine(job)];
  if (job.error !== null) lines.push(errorText(job.error));
  lines.push(...progressLines(job));
  if (job.ticket !== null) lines.push(...ticketLines(job.ticket));
  return lines;
}

function progressLines({ hosts }: JobView): string[] {
  const rows = Object.entries(hosts).map(([host, { state, step, exit, message, last_line }]) => {
    const code = exit === undefined || exit === 0 ? "" : ` (exit ${exit})`;
    const where = step === undefined || state === "ok" ? "" : ` in ${oneLine(step)}`;
    const why = message === undefined || state === "ok" ? "" : `: ${oneLine(message)}`;
    const last = state === "running" && last_line !== undefined ? `; last line | ${oneLine(last_line)}` : "";
    return { host, bad: state !== "ok" && !GOES_ON.has(state), text: `${state}${code}${where}${why}${last}` };
  });
  return groupBy(rows, ({ text }) => text)
    .sort((a, b) => Number(b[0]?.bad) - Number(a[0]?.bad))
    .map((group) => `  ${hostsAndCount(group.map(({ host }) => host))}: ${group[0]?.text ?? ""}`);
}

export function ticketLines(ticket: Ticket): string[] {
  const end = ticket.until === null ? "" : `, gives up at ${utc(ticket.until)}`;
  return [
    `  ${placeWords(ticket.position)} since ${utc(ticket.since)}${end}`,
    ...ticket.slots.flatMap(({ slot, candidates }) => [
      `  waits for ${oneLine(targetWords(slot))}:`,
      ...groupBy(candidates, ({ why_not }) => why_not).map(
        (group) => `    ${foldHosts(group.map(({ host }) => host))}: ${oneLine(group[0]?.why_not ?? "")}`,
      ),
    ]),
  ];
}

/** What to call next for these jobs; nothing when all have ended and been shown. */
export function nextOf(jobs: readonly JobView[], shown: boolean): string[] {
  const active = jobs.filter((job) => !hasEnded(job)).map(({ id }) => id);
  if (active.length > 0) return [`next: ${toolCall("job_wait", { job_ids: active.slice(0, 20) })}`];
  const [first] = jobs;
  if (shown || first === undefined) return [];
  return [`next: ${toolCall("job_result", { job_id: first.id })}`];
}

export const jobText: Teller<JobView> = (job) => [...jobLines(job), ...nextOf([job], false)];

export const jobWaitText: Teller<ResultOf<"job_wait">> = ({ finished, jobs }) => [
  finished ? "Ended:" : "Not ended yet; the state so far:",
  ...worstFirst(jobs).flatMap(jobLines),
  ...nextOf(jobs, false),
];

export const jobListText: Teller<ResultOf<"job_list">> = ({ jobs, more = 0 }) => {
  if (jobs.length === 0) return ["No jobs."];
  const lines: Part[] = jobs.map(jobLine);
  if (more > 0) lines.push(`${more} older ones: ${toolCall("job_list", { limit: jobs.length + more })}`);
  return lines;
};

export const jobCancelText: Teller<ResultOf<"job_cancel">> = ({ others = [], ...first }) =>
  [first, ...others].flatMap(({ job, message }) => [oneLine(message), ...jobLines(job)]);

export function worstFirst(jobs: readonly JobView[]): JobView[] {
  const rank = ({ state }: JobView): number => (state === "done" ? 2 : hasEnded({ state }) ? 0 : 1);
  return jobs.toSorted((a, b) => rank(a) - rank(b));
}
