import { fullName } from "../workspaces/names.ts";
import type { PlainHandler } from "./context.ts";

export const removeHost: PlainHandler<"remove_host"> = async (params, call) => {
  const { services, client } = call;
  const name = fullName(params.workspace, client);
  const workspace = services.workspaces.require(name);
  return workspace.mutate(
    async () => {
      const hosts = workspace.select(params.hosts);
      const reports = await Promise.all(hosts.map((host) => services.releaser.release(host)));
      for (const host of hosts) {
        workspace.hosts.delete(host.claim.hostName);
        workspace.histories.delete(host.claim.hostName);
      }
      return {
        released: reports.filter(({ reason }) => reason === null).map(({ host }) => host),
        unreleased: reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }])),
      };
    },
    { signal: call.signal },
  );
};
