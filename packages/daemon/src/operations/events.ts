import { fullName } from "../workspaces/names.ts";
import type { PlainHandler } from "./context.ts";
import { ownView } from "./own-view.ts";

/** A page of the daemon's events; a long poll where the caller wants to wait. */
export const listEvents: PlainHandler<"list_events"> = async (params, { services, client, signal }) => {
  const { types, output } = params;
  const workspace = params.workspace === undefined ? undefined : fullName(params.workspace, client);
  const own = ownView(params, client);
  const filter = {
    output,
    ...(types.length === 0 ? {} : { types }),
    ...(params.hosts.length === 0 ? {} : { hosts: new Set(params.hosts) }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(own === null ? {} : { isOf: own }),
  };
  const wait = { ...filter, timeoutMs: params.timeout * 1000, signal };
  if (params.from !== undefined) return services.events.wait(params.from, wait);
  const latest = services.events.latest(params.last, filter);
  return latest.events.length > 0 ? latest : services.events.wait(latest.cursor, wait);
};
