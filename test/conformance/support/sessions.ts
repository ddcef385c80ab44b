import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  type RequestId,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { randomUUID } from "node:crypto";
import { type Shim, type ShimCommand, startShim } from "./shim.ts";

/** Most clients leave without ending their session; the oldest of more than these is ended for them. */
const MOST_OPEN = 4;

/** The session-based protocol over HTTP: every session has a server process of its own, for as long as it lasts. */
export class Sessions implements AsyncDisposable {
  readonly #command: ShimCommand;
  readonly #open = new Map<string, Session>();

  constructor(command: ShimCommand) {
    this.#command = command;
  }

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return this.#begin().fetch(request);
    const session = this.#open.get(id);
    if (session !== undefined) return session.fetch(request);
    const error = { code: -32_001, message: "There is no such session." };
    return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 404 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((session) => session[Symbol.asyncDispose]()));
  }

  #begin(): Session {
    const session: Session = new Session(this.#command, {
      opened: async (id) => {
        this.#open.set(id, session);
        const [oldest] = this.#open.keys();
        if (oldest !== undefined && this.#open.size > MOST_OPEN) await this.#end(oldest);
      },
      closed: (id) => this.#end(id),
    });
    return session;
  }

  async #end(id: string): Promise<void> {
    const session = this.#open.get(id);
    this.#open.delete(id);
    await session?.[Symbol.asyncDispose]();
  }
}

class Session implements AsyncDisposable {
  readonly #command: ShimCommand;
  readonly #http: WebStandardStreamableHTTPServerTransport;
  /** Calls that have no answer yet, with the token of their progress. */
  readonly #calls = new Map<RequestId, unknown>();
  /** Started with the first message that the transport lets through: a refused opening costs no process. */
  #shim: Promise<Shim> | null = null;

  constructor(
    command: ShimCommand,
    on: { opened: (id: string) => Promise<void>; closed: (id: string) => Promise<void> },
  ) {
    this.#command = command;
    this.#http = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: on.opened,
      onsessionclosed: on.closed,
    });
    this.#http.onmessage = (message) => this.#inward(message);
  }

  fetch(request: Request): Promise<Response> {
    return this.#http.handleRequest(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close();
    await (await this.#shim)?.[Symbol.asyncDispose]();
  }

  #inward(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) this.#calls.set(message.id, message.params?._meta?.progressToken);
    this.#shim ??= this.#start();
    void this.#shim.then((shim) => shim.send(message));
  }

  async #start(): Promise<Shim> {
    const shim = await startShim(this.#command);
    shim.onMessage = (message) => void this.#outward(message).catch(() => {});
    return shim;
  }

  async #outward(message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCResponse(message)) {
      if (message.id !== undefined) this.#calls.delete(message.id);
      return this.#http.send(message);
    }
    const relatedRequestId = this.#callOf(message);
    await this.#http.send(message, relatedRequestId === undefined ? {} : { relatedRequestId });
  }

  /** The call that a message belongs to: that of its token; else the only one that there is. */
  #callOf(message: JSONRPCMessage): RequestId | undefined {
    const token = isJSONRPCNotification(message) ? message.params?.["progressToken"] : undefined;
    const calls = [...this.#calls];
    if (token === undefined) return calls.length === 1 ? calls[0]?.[0] : undefined;
    return calls.find(([, own]) => own === token)?.[0];
  }
}
