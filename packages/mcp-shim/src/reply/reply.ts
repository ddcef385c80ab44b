import type { CallToolResult } from "@modelcontextprotocol/server";
import { clean } from "./clean.ts";
import type { ReplyContext } from "./context.ts";
import { fitValue } from "./fit/fit-value.ts";
import { fitText } from "./fit/fit-text.ts";
import { nextCall, type Omitted } from "./fit/omitted.ts";
import { pageOf } from "./fit/page.ts";
import { withoutChatter, withoutRepeats } from "./fold/fold-result.ts";
import { speakTools } from "./hints/speech.ts";
import { isObject, type Json, jsonBytes, objectsIn } from "./json.ts";
import { tell } from "./text/tell.ts";

/** Less is no reply: the frame of a job alone needs most of it. */
export const LEAST_BUDGET = 4096;
/** Of the reply for the text, when both have more to say than there is room. */
const TEXT_SHARE = 0.45;
/** `content`, `type`, `isError` and the like around the two. */
const FRAME = 120;
/** `omitted` with its call, and the line of the text that says the same. */
const OMITTED = 1000;

/**
 * The result of an operation as a model reads it: one short text that says what happened, and the result
 * itself as structured content, both together within the budget. Whatever is left out is counted, with the
 * call that gets it. Text of hosts is data: without what steers, without secrets, and marked in the text.
 */
export function replyOf(result: unknown, context: ReplyContext): CallToolResult {
  const fit = { ...context, budget: Math.max(LEAST_BUDGET, Math.floor(context.budget)) };
  const said = saidOf(result, fit);
  return { ...(isFailure(said, context.operation) ? { isError: true } : {}), ...bothOf(said, fit) };
}

/** The text of a reply alone, with the whole budget for itself. */
export function shownText(result: unknown, context: ReplyContext): string {
  const said = saidOf(result, { ...context, budget: Math.max(LEAST_BUDGET, Math.floor(context.budget)) });
  const { text, omitted } = fitText(tell(said, context), context.budget - OMITTED);
  if (omitted === 0) return text.toWellFormed();
  return `${text.toWellFormed()}\nleft out: ${omitted} bytes; get them: ${nextCall(said, said, context)}`;
}

/** The result in our own words, without secrets and without what steers; a page of it where it has pages. */
function saidOf(result: unknown, context: ReplyContext): Json {
  const whole = isObject(result) ? result : { value: result ?? null };
  const speech = context.table === undefined ? null : { table: context.table, operation: context.operation };
  return speakTools(clean(pageOf(whole, context), context.secrets), speech);
}

function bothOf(said: Json, context: ReplyContext): Pick<CallToolResult, "content" | "structuredContent"> {
  const all = withoutRepeats(said);
  const folded = withoutChatter(all, context.operation);
  const room = context.budget - FRAME - OMITTED;
  const parts = tell(said, context);
  const textRoom = Math.max(Math.floor(room * TEXT_SHARE), room - jsonBytes(folded));
  const { text, omitted: untold } = fitText(parts, textRoom);
  const fitted = fitValue(folded, room - jsonBytes(text));
  const bytes = Math.max(0, jsonBytes(all) - jsonBytes(fitted));
  if (bytes === 0 && untold === 0) return reply(text, fitted);
  const omitted: Omitted = { bytes: Math.max(bytes, untold), next: nextCall(said, fitted, context) };
  return reply(`${text}\nleft out: ${omitted.bytes} bytes; get them: ${omitted.next}`, {
    ...fitted,
    omitted,
  });
}

function reply(text: string, structuredContent: Json): Pick<CallToolResult, "content" | "structuredContent"> {
  return { content: [{ type: "text", text: text.toWellFormed() }], structuredContent };
}

/** Did what was asked for not come about, although there is an answer? */
function isFailure(result: Json, operation: string): boolean {
  if (operation === "job_result") return isObject(result.error);
  if (operation === "get") return objectsIn(result.files).length === 0 && objectsIn(result.errors).length > 0;
  const jobs =
    operation === "validate"
      ? objectsIn(result.jobs)
      : isObject(result.job) && "result" in result
        ? [result.job]
        : [];
  return jobs.some(({ state }) => state === "failed" || state === "cancelled" || state === "lost");
}
