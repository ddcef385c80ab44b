import type { DaemonEvent, JobView } from "@mtui/core/registry";
import { slotWords } from "../render/format.ts";
import { stateWords } from "../render/states.ts";
import { oneLine, sanitise } from "../terminal/sanitise.ts";
import { jobName } from "./job-name.ts";

/**
 * One change as plain lines, each beginning with the job (or update) and the host that it is
 * about. The event's text has been sanitised.
 */
export function eventLines(event: DaemonEvent, jobs: readonly JobView[]): string[] {
  const job = jobs.find((view) => view.id === event.job);
  const name = job === undefined ? oneLine(event.job ?? "mtuid") : jobName(job);
  const prefix = event.host === undefined ? name : `${name} ${oneLine(event.host)}`;
  return words(event, job).map((text) => `${prefix}: ${text}`);
}

function words(event: DaemonEvent, job: JobView | undefined): string[] {
  const text = event.text === undefined ? [] : [oneLine(event.text)];
  switch (event.type) {
    case "job.state":
      return [stateText(event)];
    case "job.host":
      return [hostText(event)];
    case "job.ticket":
      return job?.ticket ? ticketText(job.ticket) : [];
    case "job.output":
      return sanitise(event.text ?? "")
        .replace(/\n$/, "")
        .split("\n");
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

function hostText({ data }: DaemonEvent): string {
  const exit = typeof data?.exit === "number" ? data.exit : null;
  const more = [data?.step, data?.message]
    .filter((text) => typeof text === "string")
    .map((text) => oneLine(text));
  return [stateWords(String(data?.state), exit), ...more].join("  ");
}

function ticketText(ticket: NonNullable<JobView["ticket"]>): string[] {
  return ticket.slots.map(({ slot, candidates }) => {
    const reasons = candidates.map(({ host, why_not }) => `${oneLine(host)}: ${oneLine(why_not)}`);
    return `number ${ticket.position} in the queue for ${oneLine(slotWords(slot))} (${reasons.join("; ")})`;
  });
}
