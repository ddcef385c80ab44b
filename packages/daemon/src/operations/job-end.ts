import type { HostVerdict } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import { isNotEnded } from "../hosts/outcome.ts";
import type { Job, JobEnd } from "../jobs/index.ts";

/** Hosts that the error of a job names. */
const NAMED = 8;

type HostOutcome = Pick<HostResult, "host" | "state" | "exit" | "error"> & { verdict?: HostVerdict };

/**
 * How a job ended, from what happened on each host. A failure outweighs a lost link, and both
 * outweigh the cancel, so that none hides another; `done` needs every host to have said `ok`, and no
 * update that brought less than it should.
 */
export function jobEnd(
  job: Job,
  {
    hosts: told,
    lost = [],
    result,
  }: {
    hosts: readonly HostOutcome[];
    /** Where it had begun before the daemon was started again, and which it does not have any more. */
    lost?: readonly string[];
    result: unknown;
  },
): JobEnd {
  const hosts = [...told, ...lost.map(lostHost)];
  const not = hosts.filter(({ state, verdict }) => state !== "ok" || verdict === "FAILED");
  if (not.length === 0 && hosts.length > 0) return { state: "done", result };
  const error = new MtuiError("operation.failed", summary(hosts, not), {
    hint: `mtuictl job result ${job.id} shows what each host said.`,
    data: { hosts: Object.fromEntries(hosts.map(({ host, state }) => [host, state])) },
  }).toReport();
  const has = (...states: string[]): boolean => not.some(({ state }) => states.includes(state));
  if (has("failed", "timeout", "unreachable")) return { state: "failed", result, error };
  // Lost to the cancel, and no other way.
  if (not.some(({ state, error: why }) => state === "lost" && !isNotEnded(why)))
    return { state: "lost", result, error };
  if (job.cancelled.aborted) return { state: "cancelled", result, error };
  return { state: "failed", result, error };
}

function lostHost(host: string): HostOutcome {
  const error = new MtuiError(
    "claim.lost",
    "It is not the workspace's any more; what was done there is not known.",
  );
  return { host, state: "lost", exit: null, error: error.toReport() };
}

function summary(hosts: readonly HostOutcome[], not: readonly HostOutcome[]): string {
  if (hosts.length === 0) return "Nothing was done on any host.";
  // The first few by name; the result has everything.
  const each = not.slice(0, NAMED).map(({ host, state, exit, error, verdict }) => {
    const code = exit === null || exit === 0 ? "" : ` (exit ${exit})`;
    const says = error === null || error.message.endsWith(`exit ${exit}.`) ? "" : error.message;
    const reason = says === "" ? "" : `: ${says.replace(/\.$/, "")}`;
    return `${host} ${state === "ok" ? verdict : state}${code}${reason}`;
  });
  if (not.length > each.length) each.push(`${not.length - each.length} more`);
  const of = `${not.length} of ${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`;
  return `${of} did not end well: ${each.join("; ")}.`;
}
