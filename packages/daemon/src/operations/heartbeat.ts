import { isOwn } from "../workspaces/names.ts";
import { LEASE_MS } from "../workspaces/registry.ts";
import type { PlainHandler } from "./context.ts";

/** Every call of an agent keeps its namespace's workspaces; this one does nothing else. */
export const heartbeat: PlainHandler<"heartbeat"> = async (_params, { services, client }) => ({
  workspaces: services.workspaces
    .list()
    .filter(({ name, closing }) => !closing && isOwn(name, client))
    .map(({ name }) => name),
  lease: LEASE_MS[client.kind] / 1000,
});
