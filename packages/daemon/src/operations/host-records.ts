import { readHistory, workflowHost } from "../workflow/index.ts";
import { fullName } from "../workspaces/names.ts";
import type { PlainHandler } from "./context.ts";
import { fitHistory } from "./fit-history.ts";
import { fitOutput } from "./fit-output.ts";

/** What was run, as it is remembered here; asks no host. */
export const showLog: PlainHandler<"show_log"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  return fitOutput({
    hosts: workspace.select(params.hosts).map(({ claim: { hostName } }) => {
      const commands = workspace.histories.get(hostName)?.commands ?? [];
      const shown = commands.slice(-params.limit);
      return {
        host: hostName,
        commands: shown.map((entry) => ({ ...entry })),
        earlier: commands.length - shown.length,
      };
    }),
  });
};

export const listHistory: PlainHandler<"list_history"> = async (params, { services, client, signal }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const hosts = workspace.select(params.hosts).map(({ session }) => workflowHost(session, null));
  const context = {
    report: null,
    rrid: null,
    workspace: workspace.name,
    signal,
    clock: services.clock,
    fanout: services.config.daemon.fanout,
  };
  const { event: events, limit } = params;
  const read = await readHistory(context, { hosts, events, limit });
  return {
    hosts: fitHistory(
      read.flatMap(({ host, lines, error }) =>
        error === null ? [{ host, entries: lines.map((line) => ({ ...line })) }] : [],
      ),
    ),
    errors: read.flatMap(({ host, error }) => (error === null ? [] : [{ host, error }])),
  };
};
