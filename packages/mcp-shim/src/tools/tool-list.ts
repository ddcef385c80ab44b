import type { Tool, ToolAnnotations } from "@modelcontextprotocol/server";
import type { OperationEntry, ToolTable } from "@mtui/core/protocol";
import { inputSchema, outputSchema } from "./schemas.ts";
import { describe } from "./wording.ts";

/** They end or overwrite something, although they are no work on hosts. */
const DESTRUCTIVE: ReadonlySet<string> = new Set(["takeover", "unlock", "job_cancel", "testreport_write"]);

/** Once more with the same arguments changes nothing more. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "load_template",
  "unload",
  "close_workspace",
  "remove_host",
  "lock",
  "unlock",
  "set_timeout",
  "set_repo",
  "prepare",
  "downgrade",
  "install",
  "uninstall",
  "export",
  "testreport_fill",
  "testreport_write",
  "job_cancel",
]);

/** The tools as they are listed: always the same text in the same order. */
export function toolsOf(entries: readonly OperationEntry[], { results }: Pick<ToolTable, "results">): Tool[] {
  return entries.map((entry) => {
    const promised = outputSchema(results[entry.name]);
    return {
      name: entry.name,
      description: describe(entry),
      inputSchema: inputSchema(entry),
      ...(promised === undefined ? {} : { outputSchema: promised }),
      annotations: annotationsOf(entry),
    };
  });
}

function annotationsOf({ name, effect }: OperationEntry): ToolAnnotations {
  const readOnlyHint = effect === "read";
  return {
    readOnlyHint,
    destructiveHint: effect === "destructive" || DESTRUCTIVE.has(name),
    idempotentHint: readOnlyHint || IDEMPOTENT.has(name),
    // Only a command line that somebody made up may reach what is not ours.
    openWorldHint: name === "run",
  };
}
