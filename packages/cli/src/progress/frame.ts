import type { JobView } from "@mtui/core/registry";
import { duration, targetWords } from "@mtui/core/text";
import { paint, stateWords } from "../render/states.ts";
import { oneLine } from "../terminal/sanitise.ts";
import type { Style } from "../terminal/style.ts";
import { fit, pad } from "../terminal/width.ts";
import { jobName } from "./job-name.ts";

export interface FrameOptions {
  readonly style: Style;
  readonly columns: number;
  readonly rows: number;
  /** Counts up with each redraw; turns the spinner. */
  readonly tick: number;
  /** Seconds since the last reply of the daemon, by which running times have grown. */
  readonly since: number;
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FINAL: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "lost"]);
/** Candidates named for one slot of a waiting job. */
const CANDIDATES = 3;
/** What a host's step is called while somebody else's operation lock is in the way. */
const LOCK_STEP = "wait for lock";

/** The live picture of jobs: one line a job, what each host does below it; never taller than the screen. */
export function frame(jobs: readonly JobView[], options: FrameOptions): string[] {
  const room = Math.max(2, options.rows - 1);
  const blocks = jobs.map((job) => block(job, options));
  const lines = [headline(jobs, options)];
  // Jobs that go on come first when not all fit: what has ended is told by a line of its own.
  const order = [...blocks.keys()].sort(
    (a, b) => Number(isFinal(jobs[a])) - Number(isFinal(jobs[b])) || a - b,
  );
  let hidden = 0;
  for (const index of order) {
    const lines_ = blocks[index] ?? [];
    if (lines.length + lines_.length > room - 1) hidden++;
    else lines.push(...lines_);
  }
  if (hidden > 0) lines.push(options.style.dim(`… ${hidden} more`));
  return lines.map((line) => fit(line, options.columns));
}

function headline(jobs: readonly JobView[], { style, tick }: FrameOptions): string {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(job.state, (counts.get(job.state) ?? 0) + 1);
  const parts = [...counts].map(([state, number]) => `${number} ${state}`);
  const spinner = jobs.every((job) => FINAL.has(job.state)) ? " " : (SPINNER[tick % SPINNER.length] ?? " ");
  return `${style.cyan(spinner)} ${parts.join(", ")}`;
}

function block(job: JobView, options: FrameOptions): string[] {
  const { style } = options;
  const step = job.state === "running" && job.step !== null ? ` ${oneLine(job.step)}` : "";
  const elapsed = duration(job.elapsed + (FINAL.has(job.state) ? 0 : options.since));
  const lines = [`  ${style.bold(jobName(job))} ${paint(job.state, style)}${step} ${style.dim(elapsed)}`];
  if (job.ticket !== null) lines.push(...waiting(job.ticket));
  if (FINAL.has(job.state)) return lines;
  // Hosts of an attempt that was given up say nothing of the wait; those whose lock is waited for do.
  const hosts = Object.entries(job.hosts).filter(
    ([, { step: hostStep }]) => job.state !== "waiting" || hostStep === LOCK_STEP,
  );
  const width = Math.max(0, ...hosts.map(([name]) => name.length));
  for (const [name, { state, step: hostStep, exit, message, last_line }] of hosts) {
    const line = state === "running" ? last_line : undefined;
    const more = [hostStep, message, line].filter((text) => text !== undefined).map((text) => oneLine(text));
    lines.push(
      `    ${pad(oneLine(name), width)}  ${stateWords(state, exit)}${more.length > 0 ? `  ${more.join(": ")}` : ""}`,
    );
  }
  return lines;
}

function waiting(ticket: NonNullable<JobView["ticket"]>): string[] {
  return ticket.slots.map(({ slot, candidates }) => {
    const named = candidates
      .slice(0, CANDIDATES)
      .map(({ host, why_not }) => `${oneLine(host)}: ${oneLine(why_not)}`);
    const more = candidates.length > CANDIDATES ? `; ${candidates.length - CANDIDATES} more` : "";
    const place = ticket.position === 0 ? "connecting" : `number ${ticket.position}`;
    return `    ${place} for ${oneLine(targetWords(slot))}  ${named.join("; ")}${more}`;
  });
}

function isFinal(job: JobView | undefined): boolean {
  return job !== undefined && FINAL.has(job.state);
}
