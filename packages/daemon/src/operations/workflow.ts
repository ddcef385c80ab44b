import type { JobEnd } from "../jobs/index.ts";
import * as flow from "../workflow/index.ts";
import type { HostResult } from "@mtui/core/registry";
import { reconnect } from "../workspaces/reconnect.ts";
import type { JobCall, JobHandler } from "./context.ts";
import { fitOutput } from "./fit-output.ts";
import { jobEnd } from "./job-end.ts";
import { tellHosts } from "./tell-hosts.ts";
import { tellingLostLocks, tellLostLocks } from "./tell-lost-locks.ts";
import { workflowContext } from "./workflow-context.ts";

interface Selection {
  hosts: string[];
  wait?: number | undefined;
  timeout?: number | undefined;
}

type Work<R extends { hosts: HostResult[] }> = (
  context: flow.WorkflowContext,
  hosts: flow.WorkflowHost[],
) => Promise<R>;

/** The selected hosts, connected, under one workflow step; how the job ended follows from each of them. */
export async function onHosts<R extends { hosts: HostResult[] }>(
  call: JobCall,
  options: { selection: Selection; work: Work<R> },
): Promise<JobEnd & { result: R }> {
  const { services, job, workspace, steps } = call;
  const { selection, work } = options;
  const chosen = workspace.select(selection.hosts, { again: job.again });
  const { connector } = services;
  const { rridText: rrid } = workspace;
  await tellingLostLocks(call, () =>
    reconnect(chosen, { connector, signal: job.signal, workspace: workspace.name, rrid }),
  );
  const report = workspace.template?.report ?? null;
  const hosts = chosen.map((host) => flow.workflowHost(steps.on(host), report));
  const result = fitOutput(await work(workflowContext(call, selection), hosts));
  tellHosts(job, result.hosts);
  tellLostLocks(call, result.hosts);
  return { ...jobEnd(job, { hosts: result.hosts, lost: steps.lost, result }), result };
}

export const run: JobHandler<"run"> = (params, call) =>
  onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.runCommand(context, { hosts, argv: params.command }),
  });

export const prepare: JobHandler<"prepare"> = async (params, call) => {
  call.workspace.requireTemplate();
  const { force, installed, update: testing } = params;
  return onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.prepare(context, { hosts, force, installed, testing }),
  });
};

export const update: JobHandler<"update"> = async (params, call) => {
  call.workspace.requireTemplate();
  const { newpackage, noprepare } = params;
  const end = await onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.update(context, { hosts, newpackage, noprepare }),
  });
  for (const host of end.result.hosts) call.workspace.history(host.host).update = host;
  return end;
};

export const downgrade: JobHandler<"downgrade"> = async (params, call) => {
  call.workspace.requireTemplate();
  return onHosts(call, { selection: params, work: (context, hosts) => flow.downgrade(context, { hosts }) });
};

export const install: JobHandler<"install"> = (params, call) =>
  onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.install(context, { hosts, packages: params.package }),
  });

export const uninstall: JobHandler<"uninstall"> = (params, call) =>
  onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.uninstall(context, { hosts, packages: params.package }),
  });

export const setRepo: JobHandler<"set_repo"> = async (params, call) => {
  call.workspace.requireTemplate();
  const { operation } = params;
  return onHosts(call, {
    selection: params,
    work: (context, hosts) => flow.setRepo(context, { hosts, operation }),
  });
};

export const reboot: JobHandler<"reboot"> = (params, call) =>
  onHosts(call, { selection: params, work: (context, hosts) => flow.reboot(context, { hosts }) });
