import type { CallToolResult } from "@modelcontextprotocol/server";
import type { MtuiError } from "@mtui/core/protocol";
import type { KnownState, ReplyContext } from "./context.ts";

/** A failed call as a model reads it: the kind, what happened, what to do next. */
export function failureOf(
  error: MtuiError,
  context: ReplyContext & { readonly known?: KnownState },
): CallToolResult {
  const lines = [`${error.kind}: ${error.message}`];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (error.retryable) lines.push("The same call may succeed later.");
  if (context.known !== undefined) lines.push(context.known.text);
  if (error.data !== undefined) lines.push(`data: ${JSON.stringify(error.data)}`);
  return { isError: true, content: [{ type: "text", text: lines.join("\n") }] };
}
