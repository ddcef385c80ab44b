import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CallToolResult, Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { Limits } from "../../../packages/mcp-shim/src/limits.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The program as it is installed: its launcher, and the bundle that is beside it. */
export const BUILT = [join(ROOT, "packages/mcp-shim/bin/mtui-mcp.js")];

/** The same from its sources, which takes limits of the test's. */
const SOURCES = ["--conditions=mtui-source", join(import.meta.dirname, "start.ts")];

export const GENERATIONS = {
  "with sessions": {},
  stateless: { versionNegotiation: { mode: { pin: "2026-07-28" } } },
} as const satisfies Record<string, ClientOptions>;

/** A home without any daemon, and without a way to start one. */
export async function emptyHome(): Promise<{ dir: string; env: Record<string, string> } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), "mtui-mcp-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: dir,
    XDG_RUNTIME_DIR: join(dir, "run"),
    XDG_STATE_HOME: join(dir, "state"),
    XDG_CACHE_HOME: join(dir, "cache"),
    MTUID: "/bin/false",
  };
  return { dir, env, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

export interface ServerProcess extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  /** What it said beside the protocol. */
  stderr(): string;
  call(name: string, args?: Record<string, unknown>): Promise<CallToolResult>;
}

/** Our server as a process, and the official client on its standard input and output. */
export async function startServer(
  env: Record<string, string>,
  options: { args?: readonly string[]; client?: ClientOptions; limits?: Partial<Limits>; cwd?: string } = {},
): Promise<ServerProcess> {
  const { args = [], client: clientOptions = {}, limits, cwd } = options;
  const start = limits === undefined ? BUILT : SOURCES;
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...start, ...args],
    env: limits === undefined ? env : { ...env, MTUI_TEST_LIMITS: JSON.stringify(limits) },
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  let said = "";
  transport.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const client = new Client({ name: "Test Client", version: "1" }, clientOptions);
  await client.connect(transport);
  return {
    client,
    get pid() {
      return transport.pid ?? 0;
    },
    stderr: () => said,
    call: (name, args = {}) => client.callTool({ name, arguments: args }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
