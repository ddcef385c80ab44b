import type { ResultOf } from "@mtui/core/registry";
import { EXIT } from "./outcome.ts";

/** Exit code of an operation that answered: some answers are not what was asked for. */
export function exitOfResult(operation: string, result: unknown): number {
  switch (operation) {
    case "remove_host":
    case "close_workspace":
    case "unload":
      return (result as ResultOf<"remove_host">).unreleased.length > 0 ? EXIT.failed : EXIT.ok;
    case "unlock":
      return exitOfUnlock(result as ResultOf<"unlock">);
    case "get":
    case "list_history":
      return (result as ResultOf<"get">).errors.length > 0 ? EXIT.failed : EXIT.ok;
    case "list_packages":
      return (result as ResultOf<"list_packages">).hosts.some((host) => host.error !== null)
        ? EXIT.failed
        : EXIT.ok;
    case "job_cancel":
      return exitOfCancel(result as ResultOf<"job_cancel">);
    case "job_wait":
      return exitOfWait(result as ResultOf<"job_wait">);
    default:
      return EXIT.ok;
  }
}

function exitOfUnlock({ hosts }: ResultOf<"unlock">): number {
  if (hosts.some((host) => host.state === "error")) return EXIT.failed;
  return hosts.some((host) => host.state === "foreign") ? EXIT.busy : EXIT.ok;
}

function exitOfCancel({ others = [], ...first }: ResultOf<"job_cancel">): number {
  return [first, ...others].every(({ cancelled }) => cancelled) ? EXIT.ok : EXIT.failed;
}

function exitOfWait({ finished, jobs }: ResultOf<"job_wait">): number {
  if (!finished) return EXIT.busy;
  return jobs.some((job) => ["failed", "cancelled", "lost"].includes(job.state)) ? EXIT.failed : EXIT.ok;
}
