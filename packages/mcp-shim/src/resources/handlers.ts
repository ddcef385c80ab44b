import { ResourceNotFoundError, type Server, type ServerCapabilities } from "@modelcontextprotocol/server";
import type { ReadLink } from "./link.ts";

export interface ResourceHandlers {
  /** To be merged into the server's own. */
  readonly capabilities: Pick<ServerCapabilities, "resources" | "completions">;
  install(server: Server): void;
}

/** The resources of the daemon for one server; `budget` is bytes of one read. */
export function resourceHandlers(_options: { link: ReadLink; budget: number }): ResourceHandlers {
  return {
    capabilities: { resources: {}, completions: {} },
    install(server) {
      server.setRequestHandler("resources/list", () => ({ resources: [] }));
      server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [] }));
      server.setRequestHandler("resources/read", ({ params }) => {
        throw new ResourceNotFoundError(params.uri);
      });
      server.setRequestHandler("completion/complete", () => ({ completion: { values: [] } }));
    },
  };
}
