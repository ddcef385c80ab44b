import { metadataRows, parseRrid } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import { closeWorkspace as close } from "../workspaces/close.ts";
import { fullName } from "../workspaces/names.ts";
import { loadTemplate } from "../workspaces/template-store.ts";
import { unknownWorkspace } from "../workspaces/registry.ts";
import type { LoadedTemplate, Workspace } from "../workspaces/workspace.ts";
import { activeJobs, busyWorkspace } from "./busy.ts";
import type { PlainHandler, Services } from "./context.ts";
import { ownView } from "./own-view.ts";
import { hostViewOf } from "./views.ts";

export function templateSource(services: Services): {
  templateDir: string;
  svnPath: string;
  fancyReportsUrl: string;
} {
  const { config } = services;
  return {
    templateDir: config.mtui.template_dir,
    svnPath: config.svn.path,
    fancyReportsUrl: config.url.fancy_reports,
  };
}

function loadedView(
  workspace: string,
  options: { template: LoadedTemplate; reportsUrl: string },
): ResultOf<"load_template"> {
  const { reportsUrl, template } = options;
  const { rrid, report, path } = template;
  return {
    workspace,
    rrid: rrid.text,
    path,
    products: [...report.products],
    testplatforms: [...report.testplatforms],
    packages: report.packages,
    repositories: report.repositories.map(({ product, url }) => ({
      product: product.name,
      version: product.version,
      arch: product.arch,
      url,
    })),
    metadata: metadataRows(report, { reportsUrl }),
    warnings: [...report.warnings],
  };
}

export const loadTemplateOperation: PlainHandler<"load_template"> = async (params, call) => {
  const { services, client } = call;
  const rrid = parseRrid(params.auto_review_id);
  const name = fullName(params.workspace, client);
  const template = await loadTemplate(rrid, { ...templateSource(services), signal: call.signal });
  const workspace = services.workspaces.open(name, client);
  const assertReplaceable = (): void => {
    const other = workspace.rridText;
    if (other === null || other === rrid.text) return;
    if (!params.replace) throw occupied(name, other);
    const jobs = activeJobs(name, services);
    const again = `then mtuictl load-template -w ${name} --replace ${rrid.text}`;
    if (jobs.length > 0) throw busyWorkspace(name, { jobs, next: again });
  };
  // Said at once: to wait for the jobs and then refuse would be the worst of both.
  assertReplaceable();
  return workspace.mutate(
    async () => {
      assertReplaceable();
      const other = workspace.rridText;
      // Hosts that were added before the first report stay.
      const replaced = other !== null && other !== rrid.text;
      const unreleased = replaced ? await releaseAll(workspace, services) : [];
      workspace.template = template;
      const view = loadedView(name, { template, reportsUrl: services.config.url.testreports });
      return { ...view, warnings: [...view.warnings, ...unreleased, ...services.lostLeases.reopened(name)] };
    },
    { signal: call.signal },
  );
};

/** Clears the desk for another report. @returns what could not be released yet, in words */
async function releaseAll(workspace: Workspace, { releaser }: Services): Promise<string[]> {
  const reports = await Promise.all([...workspace.hosts.values()].map((host) => releaser.release(host)));
  workspace.hosts.clear();
  workspace.histories.clear();
  workspace.noHost = [];
  return reports.flatMap(({ host, reason }) =>
    reason === null ? [] : [`${host} is not released yet, which is tried again: ${reason}`],
  );
}

export function occupied(name: string, rrid: string): MtuiError {
  return new MtuiError("workspace.occupied", `Workspace ${name} has ${rrid} loaded.`, {
    hint: `Load into another one (-w NAME), or put this one in its place with --replace.`,
    data: { workspace: name, rrid },
  });
}

export const listMetadata: PlainHandler<"list_metadata"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  return loadedView(workspace.name, {
    template: workspace.requireTemplate(),
    reportsUrl: services.config.url.testreports,
  });
};

export const listWorkspaces: PlainHandler<"list_workspaces"> = async (params, { services, client }) => {
  const own = ownView(params, client);
  const all = services.workspaces.list();
  const shown = all.filter(({ name }) => own?.(name) ?? true);
  const others = all.length - shown.length;
  return {
    workspaces: shown.map((each) => ({
      workspace: each.name,
      state: each.state,
      rrid: each.rridText,
      hosts: [...each.hosts.keys()],
      jobs: services.jobs.list({ workspace: each.name, active: true }).map((job) => job.id),
      lease_until: each.leaseUntil,
    })),
    ...(others > 0 ? { others } : {}),
  };
};

export const closeWorkspace: PlainHandler<"close_workspace"> = async (params, { services, client }) => {
  const name = fullName(params.workspace, client);
  const workspace = services.workspaces.find(name);
  if (workspace === undefined) {
    if (name === "default") return { workspace: name, released: [], unreleased: [], cancelled_jobs: [] };
    throw unknownWorkspace(name);
  }
  const jobs = activeJobs(name, services);
  if (jobs.length > 0 && !params.force) {
    const both = `mtuictl close-workspace -w ${name} --force cancels and closes.`;
    throw busyWorkspace(name, { jobs, next: both });
  }
  return close(workspace, { ...services, reason: `Workspace ${name} was closed by ${client.name}.` });
};

export const listHosts: PlainHandler<"list_hosts"> = async (params, { services, client }) => ({
  hosts: [...services.workspaces.require(fullName(params.workspace, client)).hosts.values()].map(hostViewOf),
});

export const listProducts: PlainHandler<"list_products"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  return {
    hosts: workspace.select(params.hosts).map(({ session }) => ({
      host: session.name,
      base: { ...session.facts.base },
      addons: session.facts.addons.map((addon) => ({ ...addon })),
    })),
  };
};
