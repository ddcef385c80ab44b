import {
  classifyInboundRequest,
  type InboundModernRoute,
  isJSONRPCErrorResponse,
  isJSONRPCResponse,
  PerRequestHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { headersDiffer } from "./standard-headers.ts";
import { type Shim, type ShimCommand, startShim } from "./shim.ts";

/** Errors that the HTTP binding tells by its own status, too. */
const STATUS: Record<number, number> = {
  [-32_600]: 400,
  [-32_601]: 404,
  [-32_020]: 400,
  [-32_021]: 400,
  [-32_022]: 400,
};

/**
 * The stateless protocol over HTTP: any exchange is served by any idle server process of its protocol
 * revision, alone for as long as it lasts; so what a process remembers of an earlier one would show.
 */
export class Exchanges implements AsyncDisposable {
  readonly #command: ShimCommand;
  /** By revision: the first message of a process decides which one it speaks. */
  readonly #idle = new Map<string, Shim[]>();
  readonly #all = new Set<Shim>();

  constructor(command: ShimCommand) {
    this.#command = command;
  }

  async fetch(request: Request): Promise<Response> {
    const body: unknown = await request.json();
    const header = (name: string) => request.headers.get(name) ?? undefined;
    const protocolVersionHeader = header("mcp-protocol-version");
    const mcpMethodHeader = header("mcp-method");
    const mcpNameHeader = header("mcp-name");
    const route = classifyInboundRequest({
      httpMethod: request.method,
      body,
      ...(protocolVersionHeader === undefined ? {} : { protocolVersionHeader }),
      ...(mcpMethodHeader === undefined ? {} : { mcpMethodHeader }),
      ...(mcpNameHeader === undefined ? {} : { mcpNameHeader }),
    });
    if (route.kind === "reject") return refusal(body, route);
    if (route.kind === "legacy")
      return refusal(body, { code: -32_600, message: "Not stateless.", httpStatus: 400 });
    const differ = headersDiffer(request.headers, route.message);
    if (differ !== null) return refusal(body, { code: -32_020, message: differ, httpStatus: 400 });
    return this.#serve(route, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((shim) => shim[Symbol.asyncDispose]()));
  }

  async #serve({ message, classification }: InboundModernRoute, request: Request): Promise<Response> {
    const http = new PerRequestHTTPServerTransport({ classification });
    const idle = this.#idleOf(classification.revision ?? "");
    const shim = idle.pop() ?? (await this.#start());
    let status: number | undefined;
    let answered = false;
    http.onmessage = (inward) => shim.send(inward);
    shim.onMessage = (outward) => {
      const ends = isJSONRPCResponse(outward);
      answered ||= ends;
      if (isJSONRPCErrorResponse(outward)) status = STATUS[outward.error.code];
      void http.send(outward, ends || !("id" in message) ? {} : { relatedRequestId: message.id });
    };
    http.onclose = () => void this.#leave(shim, answered ? idle : null);
    await http.start();
    const response = await http.handleMessage(message, { request });
    if (!("id" in message)) await http.close();
    if (status === undefined || response.status !== 200) return response;
    return new Response(response.body, { status, headers: response.headers });
  }

  #idleOf(revision: string): Shim[] {
    const idle = this.#idle.get(revision) ?? [];
    this.#idle.set(revision, idle);
    return idle;
  }

  async #start(): Promise<Shim> {
    const shim = await startShim(this.#command);
    this.#all.add(shim);
    return shim;
  }

  /** One that was left in the middle of an exchange may still answer: it serves no other. */
  async #leave(shim: Shim, idle: Shim[] | null): Promise<void> {
    shim.onMessage = () => {};
    if (idle !== null) return void idle.push(shim);
    this.#all.delete(shim);
    await shim[Symbol.asyncDispose]();
  }
}

interface Refusal {
  code: number;
  message: string;
  data?: unknown;
  httpStatus: number;
}

function refusal(body: unknown, { code, message, data, httpStatus }: Refusal): Response {
  const id = (body as { id?: unknown } | null)?.id ?? null;
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return Response.json({ jsonrpc: "2.0", id, error }, { status: httpStatus });
}
