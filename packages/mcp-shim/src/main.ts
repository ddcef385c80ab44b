import { Console } from "node:console";
import { randomUUID } from "node:crypto";
import type { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { connect } from "@mtui/core/client";
import type { ToolTable } from "@mtui/core/protocol";
import { backgroundClock } from "@mtui/core/clock";
import { Confirmations } from "./confirm/index.ts";
import { lifetime } from "./lifetime.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { DaemonLink, type Dial } from "./link/index.ts";
import {
  ClientName,
  defaultNamespace,
  HELP,
  type Options,
  parseOptions,
  UsageError,
} from "./options/index.ts";
import { overhear } from "./overhear.ts";
import { createServer } from "./server.ts";
import { listens, MOST_LISTENS, Subscriptions } from "./subscriptions/index.ts";
import { offerable } from "./tools/index.ts";

const USAGE = 2;

/** `mtui-mcp`: an MCP server on standard input and output. */
export async function main(table: ToolTable, limits: Partial<Limits> = {}): Promise<void> {
  const tools = offerable(table).map(({ name }) => name);
  try {
    const wanted = parseOptions(process.argv.slice(2), { env: process.env, tools });
    if (wanted.show === null)
      await serve(table, { options: wanted.options, limits: { ...LIMITS, ...limits } });
    else process.stdout.write(wanted.show === "help" ? HELP : `mtui-mcp ${table.version}\n`);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`mtui-mcp: ${thrown.message}\nhint: ${thrown.hint}\n`);
    process.exitCode = USAGE;
  }
}

/**
 * Standard output is the protocol's alone; what people should know goes to standard error. Nothing that the
 * daemon does, and no fault in a call, ends it: only that there is nobody left to serve.
 */
async function serve(
  table: ToolTable,
  { options, limits }: { options: Options; limits: Limits },
): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`mtui-mcp: ${text}\n`);
  globalThis.console = new Console(process.stderr, process.stderr);
  process.on("uncaughtException", (error) => note(`unexpected: ${error.stack ?? error.message}`));
  process.on("unhandledRejection", (reason) => note(`unexpected: ${String(reason)}`));
  const over = lifetime(process);

  const client = new ClientName();
  let log: (text: string) => void = () => {};
  const notice = (text: string): void => {
    note(text);
    log(text);
  };
  const link = new DaemonLink({ dial: dialler(client, { options, notice }), clock: backgroundClock, limits });
  const { profile, add, deny } = options;
  const parts = { table, profile, add, deny, link, clock: backgroundClock, limits };
  const subscriptions = new Subscriptions(parts);
  const confirmations = options.confirm ? new Confirmations(parts) : null;
  const transport = new StdioServerTransport();
  const server = serveStdio(
    ({ era }) => {
      const logs = era === "legacy";
      const one = createServer({ ...parts, subscriptions, confirmations, logs });
      if (logs) log = (text) => void logTo(one, text);
      return one;
    },
    { transport, maxSubscriptions: MOST_LISTENS, onerror: (error) => note(error.message) },
  );
  const listening = listens(subscriptions);
  const closed = overhear(transport, {
    heard(message) {
      client.see(message);
      listening.heard(message);
    },
    said: listening.said,
  });

  note(`ends: ${await Promise.race([over, closed])}`);
  subscriptions.clear();
  await server.close();
  await link[Symbol.asyncDispose]();
  // Input that somebody else holds open would keep the process.
  process.exit(0);
}

/** What people should know of the daemon, for a client that shows them log messages. */
async function logTo(server: Server, data: string): Promise<void> {
  await server.sendLoggingMessage({ level: "notice", logger: "mtui-mcp", data }).catch(() => {});
}

/** The name of the client is known by the time that a call needs the daemon: it came with, or before, the call. */
function dialler(
  client: ClientName,
  { options, notice }: { options: Options; notice: (text: string) => void },
): Dial {
  const instance = randomUUID();
  let namespace = options.namespace;
  return ({ start }) => {
    // Once for all connections: the daemon knows who had which by what was asked for.
    namespace ??= defaultNamespace(client.name, process.cwd());
    return connect({
      client: {
        kind: "agent",
        name: `mtui-mcp${client.name === null ? "" : ` (${client.name.replaceAll(/[^ -~]/g, "?").slice(0, 40)})`}`,
        namespace,
        instance,
        allow: options.allow,
      },
      onNotice: notice,
      config: options.config,
      ...(start ? {} : { autostart: false as const }),
    });
  };
}
