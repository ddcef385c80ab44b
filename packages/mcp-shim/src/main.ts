import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { connect } from "@mtui/core/client";
import type { CommandTable } from "@mtui/core/protocol";
import { DaemonLink } from "./daemon-link.ts";
import { createServer } from "./server.ts";

/**
 * `mtui-mcp`: an MCP server on standard input and output. Standard output is the protocol's alone; what
 * people should know goes to standard error. It ends when its input ends and for no other reason.
 */
export async function main(table: CommandTable): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`mtui-mcp: ${text}\n`);
  await using link = new DaemonLink(() =>
    connect({
      client: { kind: "agent", name: "mtui-mcp", namespace: process.env.MTUI_NAMESPACE || "mcp" },
      onNotice: note,
    }),
  );
  const ended = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve).once("close", resolve);
    // A client that is gone reads no answers either.
    process.stdout.once("error", () => resolve());
  });
  const server = serveStdio(() => createServer({ table, link }), { onerror: (error) => note(error.message) });
  await ended;
  await server.close();
}
