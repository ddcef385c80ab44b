import type { DaemonEvent, JobView } from "@mtui/core/registry";
import { placeWords, targetWords } from "@mtui/core/text";
import { stateWords } from "../render/states.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { jobName } from "./job-name.ts";

/** States of which the next line says more: the ticket, or the first step. */
const PASSING: ReadonlySet<unknown> = new Set(["queued", "waiting", "running"]);
const FINAL: ReadonlySet<unknown> = new Set(["done", "failed", "cancelled", "lost"]);

/** Operations of one step a host, of their own name. */
const ONE_STEP: ReadonlySet<string> = new Set(["run", "install", "uninstall", "reboot", "put", "lock"]);

/**
 * One change as plain lines, each beginning with the job (or update) and the host that it is
 * about. What the result says anyway is left out: that a job was queued and then ran, how a job ended
 * that is the only one, and the only step of `run`. The event's text has been sanitised.
 */
export function eventLines(event: DaemonEvent, jobs: readonly JobView[]): string[] {
  const job = jobs.find((view) => view.id === event.job);
  const name = job === undefined ? oneLine(event.job ?? "mtuid") : jobName(job);
  const prefix = event.host === undefined ? name : `${name} ${oneLine(event.host)}`;
  return words(event, { job, alone: jobs.length === 1 }).map((text) => `${prefix}: ${text}`);
}

function words(event: DaemonEvent, { job, alone }: { job: JobView | undefined; alone: boolean }): string[] {
  const text = event.text === undefined ? [] : [oneLine(event.text)];
  switch (event.type) {
    case "job.state":
      if (PASSING.has(event.data?.state) || (alone && FINAL.has(event.data?.state))) return [];
      return [stateText(event)];
    case "job.host":
      return hostText(event, job?.operation);
    case "job.step":
      return job !== undefined && event.text === job.operation ? [] : text;
    case "ticket.failed":
      // The job's end says it.
      return [];
    case "job.ticket":
      return job?.ticket ? ticketText(job.ticket) : [];
    case "job.output":
      // Put together to lines elsewhere.
      return [];
    default:
      return text;
  }
}

function stateText({ data }: DaemonEvent): string {
  const state = stateWords(String(data?.state), null);
  const error = data?.error;
  if (typeof error !== "object" || error === null || !("message" in error)) return state;
  return `${state}: ${oneLine(String(error.message))}`;
}

/** The step that a host is at, or how it ended; an only step goes without saying. */
function hostText({ data }: DaemonEvent, operation: string | undefined): string[] {
  const only = data?.step === operation && operation !== undefined && ONE_STEP.has(operation);
  const step = typeof data?.step === "string" && !only ? [oneLine(data.step)] : [];
  const message = typeof data?.message === "string" ? [oneLine(data.message)] : [];
  if (data?.state === "running")
    return step.length + message.length === 0 ? [] : [[...step, ...message].join("  ")];
  if (data?.state === "ok" && operation === "run") return [];
  const exit = typeof data?.exit === "number" ? data.exit : null;
  const reason = exit !== null && operation === "run" ? [] : message;
  return [[stateWords(String(data?.state), exit), ...step, ...reason].join("  ")];
}

function ticketText(ticket: NonNullable<JobView["ticket"]>): string[] {
  return ticket.slots.map(({ slot, candidates }) => {
    const reasons = candidates.map(({ host, why_not }) => `${oneLine(host)}: ${oneLine(why_not)}`);
    return `${placeWords(ticket.position)} for ${oneLine(targetWords(slot))} (${reasons.join("; ")})`;
  });
}
