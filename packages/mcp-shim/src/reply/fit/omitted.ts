import type { ReplyContext } from "../context.ts";
import { toolCall } from "../hints/tool-call.ts";
import { isObject, type Json, objectsIn, textOf } from "../json.ts";

/** What is not in a reply, and the call that gets it. */
export interface Omitted {
  readonly bytes: number;
  readonly next: string;
}

/** Longer than that a call is no hint any more. */
const MAX_CALL = 400;
/** Hosts that a call names. */
const MAX_HOSTS = 12;
const SMALLEST_PAGE = 1024;

/** @param result the whole one; @param fitted what the reply has of it */
export function nextCall(result: Json, fitted: Json, context: ReplyContext): string {
  const { operation, params } = context;
  const call = callFor(result, fitted, context);
  return call.length <= MAX_CALL ? call : toolCall(operation, { workspace: params.workspace });
}

function callFor(result: Json, fitted: Json, { operation, params, budget }: ReplyContext): string {
  if (operation === "job_result" && result.output !== undefined) {
    // The same page again, but smaller: its cursor cannot be moved from here.
    const limit = Math.max(
      SMALLEST_PAGE,
      Math.min(pageBytes(budget), Math.floor(Number(params.limit ?? budget) / 2)),
    );
    return toolCall(operation, { ...params, limit });
  }
  const job = [result.job, ...objectsIn(result.jobs), result].find(
    (each) => isObject(each) && "elapsed" in each,
  );
  if (isObject(job) && isObject(result.job)) {
    return toolCall("job_result", { job_id: job.id, hosts: params.hosts ?? undefined, output: true });
  }
  if (isObject(job)) {
    const shown = new Set(objectsIn(fitted.jobs).map(({ id }) => id));
    const first = objectsIn(result.jobs).find(({ id }) => !shown.has(id)) ?? job;
    const ended = first.finished_at !== null;
    return operation === "validate" || (ended && result.jobs === undefined)
      ? toolCall("job_result", { job_id: first.id })
      : toolCall("job_status", { job_id: first.id });
  }
  const shown = new Set(objectsIn(fitted.hosts).map(hostOf));
  const left = objectsIn(result.hosts)
    .map(hostOf)
    .filter((host) => host !== "" && !shown.has(host));
  if (left.length > 0 && operation !== "list_refhosts" && operation !== "list_queue") {
    return toolCall(operation, { ...params, hosts: left.slice(0, MAX_HOSTS) });
  }
  if (typeof params.limit === "number" && params.limit > 1) {
    return toolCall(operation, { ...params, limit: Math.floor(params.limit / 2) });
  }
  return toolCall(operation, params);
}

function hostOf(item: Json): string {
  return textOf(item.host);
}

/** Bytes of a page of output that a reply of this budget can show, in the text and beside it. */
export function pageBytes(budget: number): number {
  return Math.max(SMALLEST_PAGE, Math.floor(budget * 0.3));
}
