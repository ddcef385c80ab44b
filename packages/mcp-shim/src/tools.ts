import type { Tool } from "@modelcontextprotocol/server";
import type { CommandTable, OperationEntry } from "@mtui/core/protocol";

/** The operations that agents get, as tools; names and parameters are those of the registry. */
export function toolsOf(table: CommandTable): Tool[] {
  return offered(table).map((entry) => ({
    name: entry.name,
    description: description(entry),
    inputSchema: schemaOf(entry),
    annotations: {
      readOnlyHint: entry.effect === "read",
      destructiveHint: entry.effect === "destructive",
      openWorldHint: false,
    },
  }));
}

/** What is hidden from a person's list of commands (stopping the daemon) is none of an agent's. */
export function offered(table: CommandTable): OperationEntry[] {
  return table.operations.filter((entry) => entry.cli.hidden !== true);
}

function description({ summary, slow }: OperationEntry): string {
  if (!slow) return `${summary}.`;
  return `${summary}. Takes long: with background=true it answers with the job at once; then job_wait and job_result.`;
}

/** The schema as JSON, which is what a tool takes: a copy that nobody else changes. */
function schemaOf(entry: OperationEntry): Tool["inputSchema"] {
  return JSON.parse(JSON.stringify(entry.params)) as Tool["inputSchema"];
}
