import { daemonOperations } from "./daemon.ts";
import { fileOperations } from "./files.ts";
import { hostOperations } from "./hosts.ts";
import { jobOperations } from "./jobs.ts";
import { queueOperations } from "./queue.ts";
import { reportOperations } from "./reports.ts";
import { workflowOperations } from "./workflow.ts";
import { workspaceOperations } from "./workspaces.ts";

/** The one registry: RPC validation, CLI commands and MCP tools are all made from it. */
export const OPERATIONS = [
  ...daemonOperations,
  ...workspaceOperations,
  ...hostOperations,
  ...queueOperations,
  ...workflowOperations,
  ...reportOperations,
  ...fileOperations,
  ...jobOperations,
] as const;

export type Operation = (typeof OPERATIONS)[number];
