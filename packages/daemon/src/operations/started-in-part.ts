import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Job } from "../jobs/index.ts";

/**
 * Why one of several jobs could not be started, with the ids of those that were: they run on, and this answer is
 * all that the caller hears of them.
 * @param options.rest what was asked for and has no job
 */
export function startedInPart(
  thrown: unknown,
  { jobs, rest }: { jobs: readonly Job[]; rest: readonly string[] },
): MtuiError {
  const { kind, message, hint, data, retryable } = toMtuiError(thrown);
  const ids = jobs.map(({ id }) => id);
  const known =
    `${ids.join(", ")} ${ids.length === 1 ? "was" : "were"} started: mtuictl job follow ${ids.join(" ")}; ` +
    `the rest was not: mtuictl validate ${rest.join(" ")}.`;
  return new MtuiError(kind, message, {
    hint: hint === undefined ? known : `${known} ${hint}`,
    data: { ...data, jobs: ids },
    retryable,
    cause: thrown,
  });
}
