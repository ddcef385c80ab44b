import type { CompleteRequestParams, CompleteResult } from "@modelcontextprotocol/server";
import { oneLine } from "@mtui/core/text";
import { filesOf, jobs, templates, workspaces, workspaceWith } from "./known.ts";
import type { Reading } from "./link.ts";
import { TEMPLATES } from "./uris.ts";

/** As many as one answer may have. */
const MOST = 100;
const OURS: ReadonlySet<string> = new Set(Object.values(TEMPLATES));

/**
 * Values for a variable of a resource template that begin with what is there; nothing for anything else.
 * @throws MtuiError what the daemon answers
 */
export async function complete(
  { ref, argument, context }: CompleteRequestParams,
  reading: Reading,
): Promise<CompleteResult["completion"]> {
  if (ref.type !== "ref/resource" || !OURS.has(ref.uri)) return { values: [] };
  const known = await valuesOf(argument.name, { filled: context?.arguments ?? {}, reading });
  const fitting = [...new Set(known.map(oneLine))].filter((value) => value.startsWith(argument.value));
  return { values: fitting.slice(0, MOST), total: fitting.length, hasMore: fitting.length > MOST };
}

async function valuesOf(
  name: string,
  { filled, reading }: { filled: Readonly<Record<string, string>>; reading: Reading },
): Promise<string[]> {
  switch (name) {
    case "rrid":
      return (await templates(reading)).map(({ rrid }) => rrid);
    case "path": {
      const workspace = await workspaceWith(filled.rrid ?? "", reading);
      return workspace === null ? [] : filesOf(workspace, reading);
    }
    case "job_id":
      return (await jobs(reading)).map(({ id }) => id);
    case "workspace":
      return (await workspaces(reading)).map(({ workspace }) => workspace);
    case "host":
      return (await workspaces(reading))
        .filter(({ workspace }) => filled.workspace === undefined || workspace === filled.workspace)
        .flatMap(({ hosts }) => hosts);
    default:
      return [];
  }
}
