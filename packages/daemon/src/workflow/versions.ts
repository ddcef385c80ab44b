import { type InstalledVersions, parseInstalled, rpmVersions } from "@mtui/core/domain";
import { type ErrorReport, toMtuiError } from "@mtui/core/protocol";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { fanOut } from "../fan-out.ts";
import { HostStop, type HostRun, hostRun, runStep, stopFailed } from "./host-run.ts";

/**
 * Installed versions, for all packages asked for or not at all.
 * @throws HostStop when the host could not be asked or its answer does not cover every package
 */
export async function installedVersions(
  run: HostRun,
  packages: readonly string[],
): Promise<InstalledVersions> {
  const answer = await runStep(run, { plan: rpmVersions(packages), tool: "zypper" });
  if (!answer.complete) throw stopFailed("query versions: the answer is too long to be kept");
  const parsed = parseInstalled(answer.stdout, packages);
  if ("versions" in parsed) return parsed.versions;
  throw stopFailed(`query versions: ${parsed.problem}`, "Look at rpm's own words in the host's log.");
}

export interface HostVersions {
  readonly host: string;
  /** null: could not be asked. */
  readonly versions: InstalledVersions | null;
  readonly error: ErrorReport | null;
}

/** Installed versions on every host; reads only, takes no lock. @param packages default: those that each host tracks */
export async function queryVersions(
  context: WorkflowContext,
  { hosts, packages }: { hosts: readonly WorkflowHost[]; packages?: readonly string[] },
): Promise<HostVersions[]> {
  return fanOut(hosts, {
    limit: context.fanout ?? 64,
    work: async (host) => {
      const run = hostRun(context, host);
      const asked = packages !== undefined && packages.length > 0 ? packages : Object.keys(host.required);
      if (asked.length === 0) return { host: run.name, versions: new Map(), error: null };
      try {
        return { host: run.name, versions: await installedVersions(run, asked), error: null };
      } catch (thrown) {
        const error = thrown instanceof HostStop ? thrown.error : toMtuiError(thrown).toReport();
        return { host: run.name, versions: null, error };
      }
    },
  });
}
