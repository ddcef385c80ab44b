import { release, userInfo } from "node:os";
import { VERSION } from "@mtui/core/protocol";
import { type HostUpdate, writeReport } from "../workflow/index.ts";
import type { JobCall } from "./context.ts";
import { tellWritten } from "./tell-written.ts";

export interface WrittenResults {
  /** Path of the report. */
  report: string;
  /** Path of each host's install log, where commands ran. */
  logOf: ReadonlyMap<string, string>;
  warnings: string[];
}

/**
 * Writes hosts' results into the report that the workspace has loaded. Two workspaces with the same
 * request write one after the other; what a person saves meanwhile is never overwritten.
 * @throws MtuiError report.changed, report.io, template.unsafe
 */
export async function writeResults(
  { services, workspace }: Pick<JobCall, "services" | "workspace">,
  options: { force: boolean; hosts: readonly HostUpdate[] },
): Promise<WrittenResults> {
  const { rrid, path } = workspace.requireTemplate();
  const { config, clock, events } = services;
  const written = await writeReport({
    directory: path,
    hosts: options.hosts.map((update) => ({ update, commands: workspace.history(update.host).commands })),
    noHost: workspace.noHost,
    installLogs: config.mtui.install_logs,
    reportUrl: `${config.url.testreports}/${rrid.text}`,
    footer: footer(),
    force: options.force,
    now: clock.now(),
  });
  tellWritten(workspace, { events, path: null });
  const logs = written.hosts.flatMap(({ host, log }) => (log === null ? [] : [[host, log] as const]));
  return { report: written.report, logOf: new Map(logs), warnings: written.warnings };
}

/** The last line of a report: which program wrote it, where. */
function footer(): string {
  return `## export MTUI:${VERSION}, mtuid on Node ${process.versions.node} (kernel: ${release()}) by ${userInfo().username}`;
}
