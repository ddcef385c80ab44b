import {
  CLIENT_INFO_META_KEY,
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCMessage,
} from "@modelcontextprotocol/server";

/**
 * Who speaks to this server, as it says so itself: once in `initialize`, or with each request in the
 * generation of the protocol without sessions. The first name stands: a process on standard input serves one client,
 * and a namespace that moved with a later name would lose the workspaces of the earlier one.
 */
export class ClientName {
  #name: string | null = null;

  get name(): string | null {
    return this.#name;
  }

  see(message: JSONRPCMessage): void {
    if (this.#name !== null || !isJSONRPCRequest(message)) return;
    const info = isInitializeRequest(message)
      ? message.params.clientInfo
      : message.params?._meta?.[CLIENT_INFO_META_KEY];
    const { name } = (info ?? {}) as { name?: unknown };
    if (typeof name === "string" && name !== "") this.#name = name;
  }
}
