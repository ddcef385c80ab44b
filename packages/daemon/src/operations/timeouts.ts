import type { Workspace } from "../workspaces/workspace.ts";
import { fullName } from "../workspaces/names.ts";
import type { PlainHandler, Services } from "./context.ts";

/** Of this workspace on these hosts, until they are removed. Takes effect with the next operation. */
export const setTimeoutOperation: PlainHandler<"set_timeout"> = async (
  params,
  { services, client, signal },
) => {
  const name = fullName(params.workspace, client);
  const workspace = services.workspaces.require(name);
  return workspace.mutate(
    async () => {
      for (const host of workspace.select(params.hosts)) {
        host.silence = params.timeout;
        services.ledger.save(host);
      }
      return view(workspace, { names: params.hosts, services });
    },
    { signal },
  );
};

export const listTimeout: PlainHandler<"list_timeout"> = async (params, { services, client }) =>
  view(services.workspaces.require(fullName(params.workspace, client)), { names: params.hosts, services });

function view(
  workspace: Workspace,
  { names, services }: { names: readonly string[]; services: Services },
): { hosts: { host: string; timeout: number }[] } {
  const usual = services.config.connection.command_timeout;
  return {
    hosts: workspace.select(names).map(({ claim: { hostName }, silence }) => ({
      host: hostName,
      timeout: silence ?? usual,
    })),
  };
}
