import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
  type ServerCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { type ErrorKind, toMtuiError } from "@mtui/core/protocol";
import { failureText } from "../reply/index.ts";
import { complete } from "./complete.ts";
import type { ReadLink, Reading } from "./link.ts";
import { listResources, RESOURCE_TEMPLATES } from "./list.ts";
import { readPlace } from "./read.ts";
import { placeOf } from "./uris.ts";

export interface ResourceHandlers {
  /** To be merged into the server's own. */
  readonly capabilities: Pick<ServerCapabilities, "resources" | "completions">;
  install(server: Server): void;
}

export interface ResourceOptions {
  readonly link: ReadLink;
  /** Bytes of one read; asked for at each. */
  readonly budget: number;
}

/** What the daemon calls something that is not there. */
const MISSING: ReadonlySet<ErrorKind> = new Set([
  "template.notFound",
  "workspace.unknown",
  "workspace.empty",
  "workspace.name",
  "host.unknown",
  "host.none",
  "job.unknown",
  "rrid.invalid",
  "file.notFound",
  "file.unsafe",
  // A path or name that can be none.
  "params.invalid",
]);

/** The report, outputs of jobs, logs of hosts and the queue, as resources of one server. */
export function resourceHandlers(options: ResourceOptions): ResourceHandlers {
  const reading = ({ mcpReq }: Pick<ServerContext, "mcpReq">): Reading => ({
    link: options.link,
    budget: options.budget,
    signal: mcpReq.signal,
  });
  return {
    capabilities: { resources: {}, completions: {} },
    install(server) {
      server.setRequestHandler("resources/list", async (_, request) => ({
        resources: await answered(listResources(reading(request))),
      }));
      server.setRequestHandler("resources/templates/list", () => ({
        resourceTemplates: [...RESOURCE_TEMPLATES],
      }));
      server.setRequestHandler("resources/read", async ({ params: { uri } }, request) => {
        const place = placeOf(uri);
        const text = place === null ? null : await answered(readPlace(place, reading(request)), uri);
        if (text === null) throw new ResourceNotFoundError(uri);
        return { contents: [{ uri, mimeType: "text/plain", text }] };
      });
      server.setRequestHandler("completion/complete", async ({ params }, request) => ({
        completion: await answered(complete(params, reading(request))),
      }));
    },
  };
}

/** @throws ResourceNotFoundError, ProtocolError: a resource has no other way to say what went wrong */
async function answered<T>(answer: Promise<T>, uri?: string): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const error = toMtuiError(thrown);
    if (uri !== undefined && MISSING.has(error.kind)) throw new ResourceNotFoundError(uri);
    throw new ProtocolError(ProtocolErrorCode.InternalError, failureText(error));
  }
}
