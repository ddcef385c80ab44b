import type { EventLog } from "../events/index.ts";
import type { Workspace } from "../workspaces/workspace.ts";

/**
 * Says that a report was written here (docs/formats/events.md, `report.written`); what people save with their editors
 * nobody hears of.
 * @param options.path the one file that was, below the report's directory; null = some of them
 */
export function tellWritten(
  workspace: Workspace,
  { events, path }: { events: EventLog; path: string | null },
): void {
  const rrid = workspace.rridText;
  const what = path === null ? "results were written into its report" : `${path} of its report was changed`;
  events.append({
    type: "report.written",
    workspace: workspace.name,
    text: `${rrid ?? "?"}: ${what}`,
    data: { rrid, ...(path === null ? {} : { path }) },
  });
}
