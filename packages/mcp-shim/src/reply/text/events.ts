import type { DaemonEvent, ResultOf } from "@mtui/core/registry";
import { oneLine } from "@mtui/core/text";
import { toolCall } from "../hints/tool-call.ts";
import { jobLines } from "./job.ts";
import { block, type Part } from "./part.ts";
import type { Teller } from "./view.ts";

export const eventsText: Teller<ResultOf<"list_events">> = ({ events, cursor, gap }) => [
  ...(gap ? ["Events between were dropped."] : []),
  ...(events.length === 0 ? ["Nothing happened."] : eventParts(events)),
  `next: ${toolCall("list_events", { from: cursor })}`,
];

export const followText: Teller<ResultOf<"job_follow">> = ({ events, cursor, gap, finished, jobs }) => [
  ...jobs.flatMap(jobLines),
  ...(gap ? ["Events between were dropped."] : []),
  ...eventParts(events),
  ...(finished
    ? []
    : [`next: ${toolCall("job_follow", { job_ids: jobs.map(({ id }) => id), from: cursor })}`]),
];

/** One line each; what a command printed is quoted. */
function eventParts(events: readonly DaemonEvent[]): Part[] {
  return events.flatMap((event): Part[] => {
    const { at, type, job, workspace, host, text, data } = event;
    const time = Number.isFinite(at) ? new Date(at).toISOString().slice(11, 19) : "?";
    const who = [job, host, job === undefined ? workspace : undefined].filter((name) => name !== undefined);
    const head = `${time} ${oneLine(type)} ${who.map((name) => oneLine(name)).join(" ")}`.trimEnd();
    if (type === "job.output") return text === undefined ? [] : [`${head}:`, block(text)];
    const facts = [text, ...Object.entries(data ?? {}).map(factText)].filter((fact) => fact !== undefined);
    return [facts.length === 0 ? head : `${head}: ${facts.map((fact) => oneLine(fact)).join(", ")}`];
  });
}

function factText([name, value]: [string, unknown]): string | undefined {
  if (name === "since" || value === null || value === undefined) return undefined;
  return `${name} ${typeof value === "string" ? value : (JSON.stringify(value) ?? "")}`;
}
