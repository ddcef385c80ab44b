import type { JobView } from "@mtui/core/registry";
import { oneLine, redact } from "@mtui/core/text";

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "lost"]);
/** Groups of hosts, and hosts of a group, that are named. */
const GROUPS = 5;
const NAMED = 6;

/** Where jobs stand: real steps on real hosts. */
export function jobsInWords(jobs: readonly JobView[]): string {
  const [only, ...others] = jobs;
  if (only === undefined) return "no job";
  if (others.length === 0) return jobInWords(only);
  const ended = jobs.filter(({ state }) => ENDED.has(state)).length;
  const active = jobs.filter(({ state }) => !ENDED.has(state)).map(jobInWords);
  const shown = active.slice(0, GROUPS);
  if (active.length > shown.length) shown.push(`${active.length - shown.length} more`);
  return [`${ended} of ${jobs.length} jobs have ended`, ...shown].join("; ");
}

function jobInWords(job: JobView): string {
  const about = job.operation === "validate" && job.rrid !== null ? `${job.id} (${job.rrid})` : job.id;
  const place = job.ticket === null ? [] : [`place ${job.ticket.position} in the queue for hosts`];
  const step = job.step === null || place.length > 0 ? [] : [clean(job.step)];
  return `${about}: ${[job.state, ...place, ...step, ...hostsInWords(job)].join("; ")}`;
}

/** `ant, bee: installing`: equal hosts together. */
function hostsInWords({ hosts }: JobView): string[] {
  const groups = new Map<string, string[]>();
  for (const [host, { state, step }] of Object.entries(hosts)) {
    if (state === "notRun") continue;
    const words = state === "running" ? clean(step ?? "running") : state;
    groups.set(words, [...(groups.get(words) ?? []), clean(host)]);
  }
  return [...groups].slice(0, GROUPS).map(([words, names]) => {
    const shown = names.slice(0, NAMED).join(", ");
    return `${shown}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ""}: ${words}`;
  });
}

/** Steps may hold what hosts and reports say. */
function clean(text: string): string {
  return redact(oneLine(text)).slice(0, 100);
}
