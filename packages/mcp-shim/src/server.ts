import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { CommandTable } from "@mtui/core/protocol";
import { callTool } from "./call-tool.ts";
import type { DaemonLink } from "./daemon-link.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { offered, toolsOf } from "./tools.ts";

const INSTRUCTIONS = [
  "Validates maintenance updates on reference hosts. validate takes RRIDs from template to written report.",
  "Step by step, each on a named workspace: load_template, add_host, prepare, update, export, close_workspace.",
  "Slow tools take background=true and answer with a job: job_wait, job_status, job_result, job_cancel.",
  "An error names its kind and says in a hint what to do next.",
].join(" ");

/** `initialize` and `tools/list` are answered from the table alone; only a call needs the daemon. */
export function createServer({ table, link }: { table: CommandTable; link: DaemonLink }): Server {
  const entries = new Map(offered(table).map((entry) => [entry.name, entry]));
  const tools = toolsOf(table);
  // The low-level class: tools here are JSON Schemas from a table, not schema objects in code.
  const server = new Server(
    { name: "mtui-mcp", version: table.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const entry = entries.get(params.name);
    if (entry === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}.`);
    using _heartbeat = startHeartbeat(entry.name, context);
    return await callTool(entry, { link, params: params.arguments ?? {}, signal: context.mcpReq.signal });
  });
  return server;
}
