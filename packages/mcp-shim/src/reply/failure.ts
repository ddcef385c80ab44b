import type { CallToolResult } from "@modelcontextprotocol/server";
import type { MtuiError } from "@mtui/core/protocol";
import { oneLine } from "@mtui/core/text";
import { clean } from "./clean.ts";
import type { KnownState, ReplyContext } from "./context.ts";
import { fitText } from "./fit/fit-text.ts";
import { headOf } from "./fit/shorten.ts";
import { foldHosts } from "./fold/host-names.ts";
import { speakTools } from "./hints/speech.ts";
import { toolCall } from "./hints/tool-call.ts";
import { isObject, type Json } from "./json.ts";
import { LEAST_BUDGET } from "./reply.ts";
import { genericParts } from "./text/generic.ts";
import { block, type Part } from "./text/part.ts";
import { groupBy } from "./text/view.ts";

/**
 * A failed call as a model reads it: the kind to decide by, what happened on which host, what is known of
 * work that goes on, and what to do next, in the language of tools.
 */
export function failureOf(
  error: MtuiError,
  context: ReplyContext & { readonly known?: KnownState },
): CallToolResult {
  const { known } = context;
  const speech = context.table === undefined ? null : { table: context.table, operation: context.operation };
  const report = speakTools(clean(error.toReport(), context.secrets), speech);
  const [first = "", ...more] = report.message.split("\n");
  const parts: Part[] = [`${report.kind}: ${oneLine(first) || "no reason was given"}`];
  if (more.length > 0) parts.push(block(more.join("\n")));
  parts.push(...factParts(report.data ?? {}));
  if (known !== undefined)
    parts.push(
      ...clean(known.text, context.secrets)
        .split("\n")
        .map((line) => oneLine(line)),
    );
  if (known?.job !== undefined) parts.push(`next: ${toolCall("job_status", { job_id: known.job })}`);
  if (report.hint !== undefined) parts.push(`hint: ${oneLine(report.hint)}`);
  if (report.retryable) parts.push("The same call may succeed later.");
  const { text } = fitText(parts, Math.max(LEAST_BUDGET, Math.floor(context.budget)) - 200);
  return { isError: true, content: [{ type: "text", text: text.toWellFormed() }] };
}

/** The same in one short line, for answers that have room for no more. */
export function failureText(error: MtuiError): string {
  const { kind, message, hint } = clean(error.toReport());
  return headOf(`${kind}: ${oneLine(message)}${hint === undefined ? "" : ` (${oneLine(hint)})`}`, 1000);
}

/** Facts of an error: hosts by how it went with them, the rest as it is. */
function factParts(data: Json): Part[] {
  const { hosts, ...rest } = data;
  const parts: Part[] = [];
  if (isObject(hosts)) {
    const rows = Object.entries(hosts).map(([host, how]) => ({ host, how: oneLine(wordsOf(how)) }));
    for (const group of groupBy(rows, ({ how }) => how)) {
      parts.push(`  ${foldHosts(group.map(({ host }) => oneLine(host)))}: ${group[0]?.how ?? ""}`);
    }
  } else if (hosts !== undefined) parts.push(...genericParts({ hosts }));
  if (Object.keys(rest).length > 0) parts.push(...genericParts(rest));
  return parts;
}

function wordsOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
