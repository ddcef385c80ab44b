import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { dirname } from "node:path";
import { socketPath } from "@mtui/core/client";
import { BUILD, VERSION } from "@mtui/core/protocol";

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly idempotency_key?: string;
}

/** What a daemon does with a request: an answer (`result`, `error`), or something that no daemon should do. */
export type Deed =
  | { readonly result: unknown }
  | { readonly error: { kind: string; message: string } }
  | { readonly raw: string }
  | "die"
  | "hang";

export type Script = (request: Request, life: number) => Deed;

/**
 * A daemon's socket with a script behind it, for faults that a real daemon has only by accident. One that
 * dies closes all connections without an answer and is back at once, in its next `life`.
 */
export class ScriptedDaemon implements AsyncDisposable {
  readonly asked: (Request & { life: number })[] = [];
  readonly #path: string;
  readonly #script: Script;
  readonly #features: readonly string[];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #life = 1;
  /** Takes connections and requests and says nothing, as a stopped process does. */
  #frozen = false;

  private constructor(env: NodeJS.ProcessEnv, options: { script: Script; features: readonly string[] }) {
    this.#path = socketPath(env);
    this.#script = options.script;
    this.#features = options.features;
  }

  static async start(
    env: NodeJS.ProcessEnv,
    { script, features = ["idempotency", "heartbeat"] }: { script: Script; features?: readonly string[] },
  ): Promise<ScriptedDaemon> {
    const daemon = new ScriptedDaemon(env, { script, features });
    await daemon.#listen();
    return daemon;
  }

  /** What was asked of it but greetings and signs of life. */
  get work(): string[] {
    return this.asked
      .map(({ method }) => method)
      .filter((method) => method !== "hello" && method !== "heartbeat");
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  async #listen(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    rmSync(this.#path, { force: true });
    const server = createServer((socket) => this.#serve(socket, this.#life));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#path, resolve));
  }

  #serve(socket: Socket, life: number): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    createInterface({ input: socket }).on("line", (line) => {
      if (this.#frozen) return;
      const request = JSON.parse(line) as Request;
      if (request.id === undefined) return;
      this.asked.push({ ...request, life });
      this.#do(this.#deedFor(request, life), { request, socket });
    });
  }

  #deedFor(request: Request, life: number): Deed {
    if (request.method === "hello") return { result: this.#hello(request) };
    if (request.method === "heartbeat") return { result: { workspaces: [] } };
    return this.#script(request, life);
  }

  #do(deed: Deed, { request: { id }, socket }: { request: Request; socket: Socket }): void {
    if (deed === "hang") return;
    if (deed === "die") {
      this.#life++;
      for (const one of this.#sockets) one.destroy();
      return;
    }
    if ("raw" in deed) {
      socket.write(deed.raw);
      return;
    }
    const answer =
      "error" in deed
        ? {
            error: {
              code: -32000,
              message: deed.error.message,
              data: { kind: deed.error.kind, retryable: true },
            },
          }
        : { result: deed.result };
    socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
  }

  #hello({ params }: Request): Record<string, unknown> {
    const { namespace } = params["client"] as { namespace: string };
    return {
      protocol: 1,
      version: VERSION,
      build: BUILD,
      pid: process.pid,
      daemon_id: "scripted",
      started_at: this.#life,
      config: [],
      active_jobs: 1,
      workspaces: 1,
      warning: null,
      namespace,
      reply_bytes: 20_000,
      features: this.#features,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) =>
      this.#server === null ? resolve() : this.#server.close(() => resolve()),
    );
  }
}
