import type { JSONRPCMessage } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/** How a server under test is started: as an agent's own program would start it. */
export interface ShimCommand {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** One running server and its messages, as they stand on its standard input and output. */
export interface Shim extends AsyncDisposable {
  send(message: JSONRPCMessage): void;
  onMessage: (message: JSONRPCMessage) => void;
}

export async function startShim({ command, args, env }: ShimCommand): Promise<Shim> {
  const stdio = new StdioClientTransport({ command, args, env, stderr: "ignore" });
  const shim: Shim = {
    onMessage: () => {},
    // A server that is gone shows as an answer that never comes, which the suite reports.
    send: (message) => void stdio.send(message).catch(() => {}),
    [Symbol.asyncDispose]: () => stdio.close(),
  };
  stdio.onmessage = (message) => shim.onMessage(message);
  await stdio.start();
  return shim;
}
