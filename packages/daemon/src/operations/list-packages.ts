import { compareRpmVersions } from "@mtui/core/domain";
import type { ResultOf } from "@mtui/core/registry";
import { queryVersions, type WorkflowContext, workflowHost } from "../workflow/index.ts";
import { fullName } from "../workspaces/names.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { PlainHandler } from "./context.ts";

type Row = ResultOf<"list_packages">["hosts"][number];
type State = Row["packages"][number]["state"];

export const listPackages: PlainHandler<"list_packages"> = async (params, { services, client, signal }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  if (params.wanted) return { hosts: wantedOf(workspace) };
  const report = workspace.template?.report ?? null;
  const hosts = workspace.select(params.hosts).map(({ session }) => workflowHost(session, report));
  const context: WorkflowContext = {
    report,
    rrid: workspace.template?.rrid ?? null,
    workspace: workspace.name,
    signal,
    clock: services.clock,
    fanout: services.config.daemon.fanout,
  };
  const versions = await queryVersions(context, { hosts, packages: params.package });
  return {
    hosts: versions.map(({ host, versions: installed, error }, index) => {
      const required = hosts[index]?.required ?? {};
      const names = params.package.length > 0 ? params.package : Object.keys(required);
      return {
        host,
        packages: names.toSorted().map((name) => {
          const version = installed?.get(name);
          return {
            name,
            installed: version ?? null,
            required: required[name] ?? null,
            state: stateOf(version, required[name]),
          };
        }),
        error: error?.message ?? null,
      };
    }),
  };
};

/** @param installed undefined: the host could not be asked; null: not installed */
function stateOf(installed: string | null | undefined, required: string | undefined): State {
  if (installed === undefined) return "unknown";
  if (installed === null) return "not installed";
  if (required === undefined) return "installed";
  const order = compareRpmVersions(installed, required);
  return order < 0 ? "update needed" : order === 0 ? "updated" : "too recent";
}

function wantedOf(workspace: Workspace): Row[] {
  const { report } = workspace.requireTemplate();
  return Object.entries(report.packages).map(([product, packages]) => ({
    host: product,
    packages: Object.entries(packages).map(([name, required]) => ({
      name,
      installed: null,
      required,
      state: "wanted" as const,
    })),
    error: null,
  }));
}
