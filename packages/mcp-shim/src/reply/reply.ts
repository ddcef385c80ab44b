import type { CallToolResult } from "@modelcontextprotocol/server";
import type { ReplyContext } from "./context.ts";

/** The result of an operation as a model reads it. */
export function replyOf(result: unknown, _context: ReplyContext): CallToolResult {
  const structuredContent =
    typeof result === "object" && result !== null && !Array.isArray(result)
      ? { ...(result as Record<string, unknown>) }
      : { value: result ?? null };
  return { content: [{ type: "text", text: JSON.stringify(result ?? null) }], structuredContent };
}
