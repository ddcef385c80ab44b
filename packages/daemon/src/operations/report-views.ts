import { parseRrid } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import { updateCommands, workflowHost } from "../workflow/index.ts";
import { fullName, isOwn } from "../workspaces/names.ts";
import type { Call, PlainHandler } from "./context.ts";
import { closeWorkspace } from "./workspaces.ts";

export const listBugs: PlainHandler<"list_bugs"> = async (params, call) => {
  const { rrid, report } = templateOf(params.workspace, call);
  const { bugzilla } = call.services.config.url;
  const ids = Object.keys(report.bugs);
  const rows = (issues: Readonly<Record<string, string>>, url: (id: string) => string | null) =>
    Object.entries(issues).map(([id, title]) => ({ id, title, url: url(id) }));
  return {
    rrid: rrid.text,
    url: ids.length === 0 ? null : `${bugzilla}/buglist.cgi?bug_id=${ids.map(encodeURIComponent).join(",")}`,
    bugs: rows(report.bugs, (id) => `${bugzilla}/show_bug.cgi?id=${encodeURIComponent(id)}`),
    // Where a Jira is, nobody configures.
    jira: rows(report.jira, () => null),
  };
};

export const showUpdateRepos: PlainHandler<"show_update_repos"> = async (params, call) => {
  const { rrid, report } = templateOf(params.workspace, call);
  return {
    rrid: rrid.text,
    repositories: report.repositories.map(({ product, url }) => ({
      product: product.name,
      version: product.version,
      arch: product.arch,
      url,
    })),
  };
};

export const listUpdateCommands: PlainHandler<"list_update_commands"> = async (params, call) => {
  const { services, client, signal } = call;
  const { rrid, report } = templateOf(params.workspace, call);
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const hosts = workspace.select(params.hosts).map(({ session }) => workflowHost(session, report));
  const context = { report, rrid, workspace: workspace.name, signal, clock: services.clock };
  return { hosts: updateCommands(context, hosts) };
};

export const listTemplates: PlainHandler<"list_templates"> = async (_params, { services, client }) => ({
  templates: services.workspaces.list().flatMap((each) => {
    const rrid = each.rridText;
    if (rrid === null || !isOwn(each.name, client)) return [];
    return [{ rrid, workspace: each.name, hosts: [...each.hosts.keys()] }];
  }),
});

/** Which workspace that is, the report says; its closing is the same as by name. */
export const unload: PlainHandler<"unload"> = async (params, call) => {
  const { services, client } = call;
  const rrid = parseRrid(params.rrid);
  const having = services.workspaces
    .list()
    .filter((each) => each.rridText === rrid.text && isOwn(each.name, client))
    .map((each) => each.name);
  const [only, ...more] = having;
  if (only === undefined) {
    throw new MtuiError("workspace.unknown", `No workspace has ${rrid.text} loaded.`, {
      hint: "mtuictl list-templates shows what is loaded.",
      data: { rrid: rrid.text },
    });
  }
  if (more.length > 0) {
    throw new MtuiError("params.invalid", `${rrid.text} is loaded in ${having.join(" and ")}.`, {
      hint: `Say which one: mtuictl close-workspace -w ${only}`,
      data: { rrid: rrid.text, workspaces: having },
    });
  }
  return closeWorkspace({ workspace: only, force: false }, call) satisfies Promise<ResultOf<"unload">>;
};

function templateOf(workspace: string, { services, client }: Call) {
  return services.workspaces.require(fullName(workspace, client)).requireTemplate();
}
