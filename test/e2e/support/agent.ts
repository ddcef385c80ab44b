import { type CallToolResult, Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { join } from "node:path";
import type { OperationName, ResultOf } from "@mtui/core/registry";
import type { TesterHome } from "../../support/home.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MTUI_MCP = join(ROOT, "node_modules/.bin/mtui-mcp");
/** From its sources, with the limits that `MTUI_TEST_LIMITS` says. */
const FROM_SOURCES = ["--conditions=mtui-source", join(ROOT, "test/mcp-shim/support/start.ts")];

/** The two generations of the protocol, as the official client is told which one to speak. */
export const GENERATIONS = {
  "with sessions": {},
  stateless: { versionNegotiation: { mode: { pin: "2026-07-28" } } },
} as const satisfies Record<string, ClientOptions>;

export interface AgentOptions {
  readonly args?: readonly string[];
  readonly client?: ClientOptions;
  /** Shorter ones than those of the product, by their names there. */
  readonly limits?: Record<string, number>;
}

/** A tool that said that it failed, in the words that a model reads. */
export class ToolError extends Error {
  readonly reply: CallToolResult;

  constructor(tool: string, reply: CallToolResult) {
    super(`${tool}: ${textOf(reply)}`);
    this.reply = reply;
  }
}

/** An agent: the official client, and a server process of its own, in the home of a tester. */
export class Agent implements AsyncDisposable {
  readonly client: Client;
  readonly #server: StdioClientTransport;

  private constructor(client: Client, server: StdioClientTransport) {
    this.client = client;
    this.#server = server;
  }

  static async start(
    home: TesterHome,
    { args = [], client: options = {}, limits }: AgentOptions = {},
  ): Promise<Agent> {
    const env = Object.fromEntries(
      Object.entries(home.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    const server = new StdioClientTransport({
      ...(limits === undefined
        ? { command: MTUI_MCP, args: [...args], env }
        : {
            command: process.execPath,
            args: [...FROM_SOURCES, ...args],
            env: { ...env, MTUI_TEST_LIMITS: JSON.stringify(limits) },
          }),
      cwd: home.dir,
      stderr: "ignore",
    });
    const client = new Client({ name: "agent", version: "1" }, options);
    await client.connect(server);
    // From here on the client holds every structured result against the schema that its tool has promised.
    await client.listTools();
    return new Agent(client, server);
  }

  /** The answer as it is, an error too. */
  ask(
    tool: string,
    args: Record<string, unknown> = {},
    options: { onProgress?: (message: string) => void; signal?: AbortSignal } = {},
  ): Promise<CallToolResult> {
    const { onProgress, signal } = options;
    return this.client.callTool(
      { name: tool, arguments: args },
      {
        timeout: 300_000,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onprogress: ({ message }) => onProgress(message ?? "") }),
      },
    );
  }

  /** @throws ToolError */
  async call<N extends OperationName>(tool: N, args: Record<string, unknown> = {}): Promise<ResultOf<N>> {
    const reply = await this.ask(tool, args);
    if (reply.isError === true) throw new ToolError(tool, reply);
    return reply.structuredContent as ResultOf<N>;
  }

  /** Its server dies without a word; what it had asked for is in nobody's hands. */
  kill(): void {
    if (this.#server.pid !== null) process.kill(this.#server.pid, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

export function textOf({ content }: Pick<CallToolResult, "content">): string {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
