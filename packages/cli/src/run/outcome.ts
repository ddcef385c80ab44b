import { ERROR_KINDS, isErrorKind } from "@mtui/core/protocol";
import type { JobView, ResultOf, Validation } from "@mtui/core/registry";

export type JobOutcome = ResultOf<"job_result">;

/** Exit codes of `mtuictl` (docs/cli.md, "Exit codes"). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  busy: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

const FAILED_JOB: ReadonlySet<string> = new Set(["failed", "cancelled", "lost"]);

/**
 * What the end of jobs says to a script: 0 only when every job did what was asked on every host. One
 * job that failed as a whole gives the code of its error; of several, a failure outweighs a host that
 * was busy.
 */
export function exitOfJobs(outcomes: readonly JobOutcome[]): number {
  const codes = outcomes.map(exitOfJob).filter((code) => code !== EXIT.ok);
  const [first] = codes;
  if (first === undefined) return EXIT.ok;
  return codes.every((code) => code === first) ? first : EXIT.failed;
}

function exitOfJob({ job, result, error }: JobOutcome): number {
  const kind = error?.kind ?? job.error?.kind;
  if (FAILED_JOB.has(job.state) || kind !== undefined)
    return isErrorKind(kind) ? exitOfKind(kind) : EXIT.failed;
  return resultIsGood(job, result) ? EXIT.ok : EXIT.failed;
}

function exitOfKind(kind: keyof typeof ERROR_KINDS): number {
  return ERROR_KINDS[kind].exit;
}

/** A job that ended by itself may still bring bad news of a host, or a verdict short of PASSED. */
function resultIsGood(job: JobView, result: unknown): boolean {
  if (job.operation === "validate") return (result as Validation | null)?.verdict === "PASSED";
  if (typeof result !== "object" || result === null || !("hosts" in result) || !Array.isArray(result.hosts))
    return true;
  return result.hosts.every((host: unknown) => hostIsGood(host));
}

function hostIsGood(host: unknown): boolean {
  if (typeof host !== "object" || host === null) return false;
  if ("verdict" in host && (host.verdict === "FAILED" || host.verdict === "LOST")) return false;
  return !("state" in host) || host.state === "ok";
}
