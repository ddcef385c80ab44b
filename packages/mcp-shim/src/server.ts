import {
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { nearest } from "@mtui/core/client";
import type { ToolTable } from "@mtui/core/protocol";
import { type CallContext, callTool, type Confirm } from "./call/index.ts";
import { type Confirmations, questionOf, workspacesOfJobs } from "./confirm/index.ts";
import { installPrompts } from "./prompts/index.ts";
import { resourceHandlers } from "./resources/index.ts";
import { installSubscriptions, type Subscriptions } from "./subscriptions/index.ts";
import { INSTRUCTIONS, offered, type Profile, toolsOf } from "./tools/index.ts";

export interface ServerParts extends Omit<CallContext, "table"> {
  readonly table: ToolTable;
  readonly profile: Profile;
  readonly add: readonly string[];
  readonly deny: readonly string[];
  /** May it send log messages? In the stateless protocol there is no session that they would belong to. */
  readonly logs: boolean;
  readonly subscriptions: Subscriptions;
  /** Null: nobody is asked before anything. */
  readonly confirmations: Confirmations | null;
}

/** One server for one client. `initialize` and `tools/list` are answered from the table alone; only a call needs the daemon. */
export function createServer({
  table,
  profile,
  add,
  deny,
  logs,
  subscriptions,
  confirmations,
  ...context
}: ServerParts): Server {
  const entries = offered(table, { profile, add, deny });
  const tools = toolsOf(entries, table);
  const promised = new Map(tools.map((tool) => [tool.name, tool.outputSchema]));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const { link } = context;
  const resources = resourceHandlers({
    link,
    get budget() {
      return link.replyBytes;
    },
  });
  // The low-level class: tools here are JSON Schemas from a table, not schema objects in code.
  const server = new Server(
    { name: "mtui-mcp", version: table.version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        ...(logs ? { logging: {} } : {}),
        ...resources.capabilities,
        // A list of resources that changes is told where clients can ask for that: it costs following the daemon.
        resources: { subscribe: true, ...(logs ? {} : { listChanged: true }) },
      },
      instructions: INSTRUCTIONS,
    },
  );
  server.setRequestHandler("tools/list", () => ({ tools }));
  server.setRequestHandler("tools/call", async ({ params }, request) => {
    const entry = byName.get(params.name);
    if (entry === undefined) throw unknownTool(params.name, { table, names: [...byName.keys()] });
    const confirm = confirmations === null ? null : confirming(confirmations, { server, request, link });
    const result = await callTool(entry, params.arguments ?? {}, { ...context, table, request, confirm });
    if (isInputRequiredResult(result)) return result;
    return server.projectCallToolResult(result, promised.get(entry.name));
  });
  installPrompts(server);
  resources.install(server);
  installSubscriptions(server, subscriptions);
  return server;
}

function confirming(
  confirmations: Confirmations,
  { server, request, link }: { server: Server; request: ServerContext; link: CallContext["link"] },
): Confirm {
  return async (entry, { params, tell }) => {
    const { signal } = request.mcpReq;
    const touched = await workspacesOfJobs(entry, { params, link, signal });
    const question = questionOf(entry, { params, namespace: link.namespace, touched });
    if (question === null) return null;
    tell("waiting for a person's answer");
    const capabilities = server.getClientCapabilities();
    return confirmations.ask(question, { request, capabilities, call: { name: entry.name, params } });
  };
}

function unknownTool(
  name: string,
  { table, names }: { table: ToolTable; names: readonly string[] },
): ProtocolError {
  const shown = JSON.stringify(name.slice(0, 80));
  const guess = nearest(name, names);
  const exists = table.operations.some((entry) => entry.name === name && entry.cli.hidden !== true);
  const hint = exists
    ? " This server was started without it."
    : guess === null
      ? ""
      : ` Did you mean ${guess}?`;
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${shown}.${hint}`);
}
