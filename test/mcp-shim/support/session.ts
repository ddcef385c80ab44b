import { type CallToolResult, Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { buildToolTable } from "@mtui/core/registry";
import { LIMITS } from "../../../packages/mcp-shim/src/limits.ts";
import { DaemonLink, type Dial } from "../../../packages/mcp-shim/src/link/index.ts";
import { createServer } from "../../../packages/mcp-shim/src/server.ts";
import { Subscriptions } from "../../../packages/mcp-shim/src/subscriptions/index.ts";
import { VirtualClock } from "../../daemon/support/virtual-clock.ts";

export const TABLE = buildToolTable("0.1.0");

export interface Session extends AsyncDisposable {
  readonly client: Client;
  readonly clock: VirtualClock;
  call(name: string, args?: Record<string, unknown>, options?: CallSettings): Promise<CallToolResult>;
}

interface CallSettings {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { progress: number; message?: string | undefined }) => void;
}

/** The official client and our server in one process, over messages in memory, on a clock of the test's. */
export async function session(dial: Dial): Promise<Session> {
  const clock = new VirtualClock();
  const link = new DaemonLink({ dial, clock });
  const server = createServer({
    table: TABLE,
    profile: "full",
    add: [],
    deny: [],
    link,
    clock,
    limits: LIMITS,
    logs: true,
    confirmations: null,
    subscriptions: new Subscriptions({ link, clock, limits: LIMITS }),
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(theirs);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(ours);
  return {
    client,
    clock,
    call: (name, args = {}, { signal, onProgress } = {}) =>
      client.callTool(
        { name, arguments: args },
        {
          timeout: 100_000_000,
          ...(signal === undefined ? {} : { signal }),
          ...(onProgress === undefined ? {} : { onprogress: onProgress }),
        },
      ),
    async [Symbol.asyncDispose]() {
      await client.close();
      await link[Symbol.asyncDispose]();
    },
  };
}

export function textOf({ content }: CallToolResult): string {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
