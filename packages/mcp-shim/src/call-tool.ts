import type { CallToolResult } from "@modelcontextprotocol/server";
import { type MtuiError, type OperationEntry, toMtuiError } from "@mtui/core/protocol";
import type { DaemonLink } from "./daemon-link.ts";

/**
 * One call of a tool: the daemon's answer as JSON. What goes wrong is the tool's answer too, with the
 * kind to decide by and the hint to go on with; never an empty text.
 */
export async function callTool(
  entry: OperationEntry,
  options: { link: DaemonLink; params: Record<string, unknown>; signal: AbortSignal },
): Promise<CallToolResult> {
  const { link, params, signal } = options;
  try {
    const result = await link.call({
      method: entry.name,
      params,
      signal,
      repeatable: entry.effect === "read",
    });
    const answer = { type: "text" as const, text: JSON.stringify(result ?? null) };
    const error = entry.name === "job_result" ? errorOf(result) : null;
    if (error === null) return { content: [answer] };
    // What was asked for did not come about; what there is of it comes along.
    return { isError: true, content: [{ type: "text", text: `${error.kind}: ${error.message}` }, answer] };
  } catch (thrown) {
    return failure(toMtuiError(thrown));
  }
}

function errorOf(result: unknown): { kind: string; message: string } | null {
  const { error } = (result ?? {}) as { error?: { kind: string; message: string } | null };
  return error ?? null;
}

function failure(error: MtuiError): CallToolResult {
  const lines = [`${error.kind}: ${error.message}`];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (error.retryable) lines.push("The same call may succeed later.");
  if (error.data !== undefined) lines.push(`data: ${JSON.stringify(error.data)}`);
  return { isError: true, content: [{ type: "text", text: lines.join("\n") }] };
}
