import type { HostUpdate } from "../workflow/index.ts";
import type { JobCall } from "./context.ts";

export interface WrittenResults {
  /** Path of the report. */
  report: string;
  /** Path of each host's install log. */
  logOf: ReadonlyMap<string, string>;
  warnings: string[];
}

export async function writeResults(
  call: Pick<JobCall, "services" | "workspace">,
  options: { force: boolean; hosts: readonly HostUpdate[] },
): Promise<WrittenResults> {
  const { path } = call.workspace.requireTemplate();
  return { report: path, logOf: new Map(options.hosts.map((each) => [each.host, path])), warnings: [] };
}
