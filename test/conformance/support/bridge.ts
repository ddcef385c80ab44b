import {
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from "@modelcontextprotocol/server";
import { Exchanges } from "./exchanges.ts";
import { Sessions } from "./sessions.ts";
import type { ShimCommand } from "./shim.ts";
import { startWebServer, type WebServer } from "./web-server.ts";

/**
 * Streamable HTTP in front of a server that speaks standard input and output, for suites that test over
 * HTTP alone. Messages pass as they are, both ways; what is HTTP's own (hosts, sessions, headers, status)
 * is done here.
 */
export async function startBridge(command: ShimCommand): Promise<WebServer> {
  const sessions = new Sessions(command);
  const exchanges = new Exchanges(command);
  const server = await startWebServer(async (request) => {
    const refused =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refused !== undefined) return refused;
    return (await isLegacyRequest(request)) ? sessions.fetch(request) : exchanges.fetch(request);
  });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
      await exchanges[Symbol.asyncDispose]();
    },
  };
}
