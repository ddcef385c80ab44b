import { mkdtempSync, rmSync } from "node:fs";
import { connect as dialSocket, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, VERSION } from "@mtui/core/protocol";
import { operationsByName } from "@mtui/core/registry";
import type { HelloResult, IncomingCall, ServeOptions } from "../../../packages/daemon/src/server/index.ts";
import { serve } from "../../../packages/daemon/src/server/index.ts";

export interface Sandbox extends Disposable {
  dir: string;
  socket: string;
  env: NodeJS.ProcessEnv;
}

/** Directories of its own for everything that is per user. */
export function sandbox(): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), "mtui-"));
  return {
    dir,
    socket: join(dir, "mtui", "mtuid.sock"),
    env: {
      PATH: process.env["PATH"],
      HOME: dir,
      XDG_RUNTIME_DIR: dir,
      XDG_STATE_HOME: join(dir, "state"),
      XDG_CONFIG_HOME: join(dir, "config"),
      XDG_CACHE_HOME: join(dir, "cache"),
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export function helloReply(changes: Partial<HelloResult> = {}): HelloResult {
  return {
    protocol: 1,
    version: VERSION,
    build: BUILD,
    pid: process.pid,
    daemon_id: "d0",
    started_at: 1,
    config: [],
    active_jobs: 0,
    workspaces: 0,
    warning: null,
    namespace: null,
    reply_bytes: 20_000,
    features: [],
    ...changes,
  };
}

export interface Logged {
  level: string;
  text: string;
}

/** A server in a sandbox; `handle` answers every call but hello. */
export async function startServer(
  handle: (call: IncomingCall) => Promise<unknown>,
  changes: Partial<ServeOptions> = {},
) {
  const box = sandbox();
  const logged: Logged[] = [];
  const server = await serve({
    path: box.socket,
    operations: operationsByName,
    hello: async ({ client }) => helloReply({ namespace: client.namespace }),
    handle,
    log: (level, text) => logged.push({ level, text }),
    ...changes,
  });
  return {
    ...box,
    server,
    logged,
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 });
      box[Symbol.dispose]();
    },
  };
}

export const HELLO = {
  protocol: { min: 1, max: 1 },
  version: VERSION,
  build: BUILD,
  client: { kind: "script", name: "raw", namespace: null, pid: 1 },
  config: null,
  ssh_auth_sock: null,
};

/** As it came; tests say what they expect of it. */
export interface WireMessage {
  id?: unknown;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data: { kind: string; hint?: string; [fact: string]: unknown } };
}

export interface RawClient extends Disposable {
  socket: Socket;
  send(message: unknown): void;
  raw(bytes: string | Buffer): void;
  /** The next message of the server, or null when it hung up. */
  next(): Promise<WireMessage | null>;
}

/** A client without any manners of its own. */
export async function rawClient(path: string, { hello = true } = {}): Promise<RawClient> {
  const socket = dialSocket({ path });
  const lines: WireMessage[] = [];
  const waiting: ((line: WireMessage | null) => void)[] = [];
  let rest = "";
  let over = false;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = JSON.parse(part) as WireMessage;
      const first = waiting.shift();
      if (first === undefined) lines.push(line);
      else first(line);
    }
  });
  socket.on("close", () => {
    over = true;
    for (const wake of waiting.splice(0)) wake(null);
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  const client: RawClient = {
    socket,
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    raw: (bytes) => void socket.write(bytes),
    next() {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      return over ? Promise.resolve(null) : new Promise((resolve) => waiting.push(resolve));
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
  if (hello) {
    client.send({ jsonrpc: "2.0", id: "hello", method: "hello", params: HELLO });
    await client.next();
  }
  return client;
}
