import { MtuiError } from "@mtui/core/protocol";
import { fullName } from "../workspaces/names.ts";
import type { PlainHandler } from "./context.ts";
import { writeResults } from "./write-results.ts";

/** Writes what the last update did into the report; without an update there is nothing honest to write. */
export const exportReport: PlainHandler<"export"> = async (params, call) => {
  const { services, client } = call;
  const name = fullName(params.workspace, client);
  const workspace = services.workspaces.require(name);
  workspace.requireTemplate();
  return workspace.mutate(
    async () => {
      const chosen = workspace.select(params.hosts).map((host) => host.claim.hostName);
      const hosts = chosen.flatMap((host) => workspace.histories.get(host)?.update ?? []);
      if (hosts.length === 0) {
        throw new MtuiError(
          "workspace.empty",
          `No update was run in workspace ${name}, so there is nothing to export.`,
          {
            hint: `mtuictl update -w ${name}, then export again.`,
          },
        );
      }
      const written = await writeResults({ services, workspace }, { force: params.force, hosts });
      const without = chosen.filter((host) => !hosts.some((each) => each.host === host));
      return {
        report: written.report,
        logs: [...written.logOf.values()],
        hosts: hosts.map(({ host, verdict }) => ({ host, verdict })),
        warnings: [
          ...written.warnings,
          ...without.map((host) => `${host}: no update was run there; left out`),
        ],
      };
    },
    { signal: call.signal },
  );
};
