import type { JSONRPCNotification, JSONRPCRequest } from "@modelcontextprotocol/server";

/** What names the thing that a call is about; its header repeats it. */
const NAMED: Record<string, "name" | "uri"> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/**
 * Headers repeat what the body says, for those on the way that do not read it; a request whose headers
 * say something else is refused.
 *
 * @returns what differs; null when nothing does
 */
export function headersDiffer(
  headers: Headers,
  message: JSONRPCRequest | JSONRPCNotification,
): string | null {
  const method = headers.get("mcp-method");
  if (method !== message.method)
    return `Mcp-Method is ${method ?? "missing"}; the body says ${message.method}.`;
  const field = NAMED[message.method];
  if (field === undefined) return null;
  const name = headers.get("mcp-name");
  const inBody = message.params?.[field];
  return name === inBody ? null : `Mcp-Name is ${name ?? "missing"}; the body says ${String(inBody)}.`;
}
