import type { OperationEntry } from "@mtui/core/protocol";
import { pageBytes } from "../reply/index.ts";

/** With any of these `job_result` gives output instead of the result. */
const OF_OUTPUT = ["output", "stream", "tail", "cursor", "step", "from", "partial"] as const;

/**
 * No more output is asked for than a reply can show: its cursor cannot be moved, so it must lead on from where
 * the agent has read to.
 */
export function onePage(
  entry: OperationEntry,
  { params, budget }: { params: Readonly<Record<string, unknown>>; budget: number },
): Readonly<Record<string, unknown>> {
  const pages =
    entry.name === "job_result" &&
    OF_OUTPUT.some((name) => params[name] !== undefined && params[name] !== false);
  if (!pages) return params;
  const most = pageBytes(budget);
  const { limit } = params;
  return { ...params, limit: typeof limit === "number" ? Math.min(limit, most) : most };
}
