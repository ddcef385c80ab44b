import type { ResultOf } from "@mtui/core/registry";
import { pageBytes, replyOf, shownText } from "../reply/index.ts";
import { workspaceWith } from "./known.ts";
import { ask, type Reading } from "./link.ts";
import type { Place } from "./uris.ts";

/** Last lines of each command of a job. */
const TAIL = 400;

/**
 * A resource as text within the budget; null when there is no such thing. What a file has is shown as it is,
 * since it is all that is shown; output of hosts is marked, as in replies.
 * @throws MtuiError what the daemon answers
 */
export async function readPlace(place: Place, reading: Reading): Promise<string | null> {
  switch (place.kind) {
    case "queue":
      return reply("list_queue", {}, reading);
    case "report":
      return readReport(place, reading);
    case "output": {
      const params = {
        job_id: place.job,
        output: true,
        partial: true,
        tail: TAIL,
        limit: pageBytes(reading.budget),
      };
      return reply("job_result", params, reading);
    }
    case "log":
      return reply("show_log", { workspace: place.workspace, hosts: [place.host] }, reading);
  }
}

async function reply(operation: string, params: Record<string, unknown>, reading: Reading): Promise<string> {
  const result = await ask(reading, operation, params);
  // The text alone: a resource has no structured content to share the budget with.
  return shownText(result, { operation, params, budget: reading.budget });
}

async function readReport(
  { rrid, path }: Extract<Place, { kind: "report" }>,
  reading: Reading,
): Promise<string | null> {
  const workspace = await workspaceWith(rrid, reading);
  if (workspace === null) return null;
  const params = { workspace, ...(path === null ? {} : { relpath: path }) };
  const result = await ask<ResultOf<"testreport_read">>(reading, "testreport_read", params);
  const { structuredContent } = replyOf(result, {
    operation: "testreport_read",
    params,
    budget: reading.budget * 2,
  });
  const window = structuredContent as ResultOf<"testreport_read">;
  if (window.next_offset === null) return window.content;
  const rest = `testreport_read workspace=${workspace} relpath=${path ?? "log"} offset=${window.next_offset}`;
  return `${window.content}\n(${window.line_count - window.next_offset + 1} more lines: ${rest})\n`;
}
