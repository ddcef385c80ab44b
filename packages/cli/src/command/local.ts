import type { ObjectSchema, OperationEntry, ParamSchema } from "@mtui/core/protocol";

/** Commands that are no operation of the daemon, described in the same way. */
export function localCommands(): OperationEntry[] {
  return [
    local("daemon_start", { summary: "Start mtuid if it is not running", cli: { command: "daemon start" } }),
    local("daemon_stop", {
      summary:
        "Stop mtuid; what runs on hosts goes on there, and what waits keeps its place, until it starts again",
      cli: { command: "daemon stop" },
      properties: {
        cancel: {
          type: "boolean",
          default: false,
          description: "end running commands first, and leave nothing on the hosts",
        },
        timeout: { type: "number", minimum: 0, default: 150, description: "seconds to wait for it to end" },
        force: {
          type: "boolean",
          default: false,
          description: "kill it when it has not ended by then; locks on hosts may then stay behind",
        },
      },
    }),
    local("daemon_restart", {
      summary: "Stop mtuid and start it again; workspaces keep their hosts, and jobs go on",
      cli: { command: "daemon restart" },
      properties: {
        timeout: { type: "number", minimum: 0, default: 150, description: "seconds to wait for it to end" },
      },
    }),
    local("daemon_logs", {
      summary: "The end of mtuid's log file",
      cli: { command: "daemon logs", short: { lines: "n", follow: "f" } },
      properties: {
        lines: { type: "integer", minimum: 0, maximum: 100_000, default: 50, description: "how many lines" },
        follow: { type: "boolean", default: false, description: "go on with what is written from now on" },
      },
    }),
    local("mcp_config", {
      summary: "Print what makes an AI client start mtui-mcp",
      cli: { command: "mcp config", positionals: ["client"] },
      properties: {
        client: {
          type: "string",
          enum: ["claude-desktop", "claude-code", "opencode", "vscode"],
          description: "whose configuration",
        },
        namespace: { type: "string", description: "whose workspaces the agent changes; default: its own" },
        profile: { type: "string", enum: ["full", "core", "read-only"], description: "which tools it gets" },
        allow: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description: "takeover, unlock_force, foreign, or a tool",
        },
        deny: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description: "a tool that it does not get",
        },
      },
      required: ["client"],
    }),
    local("completion", {
      summary: "Print the completion script of a shell",
      cli: { positionals: ["shell"] },
      properties: { shell: { type: "string", enum: ["bash", "zsh", "fish"] } },
      required: ["shell"],
    }),
    local("help", {
      summary: "Show the commands, or the options of one",
      cli: { positionals: ["command"] },
      properties: { command: { type: "array", items: { type: "string" }, default: [] } },
    }),
  ];
}

interface LocalCommand {
  summary: string;
  cli: OperationEntry["cli"];
  properties?: Record<string, ParamSchema>;
  required?: readonly string[];
}

function local(name: string, { summary, cli, properties = {}, required = [] }: LocalCommand): OperationEntry {
  const params: ObjectSchema = { type: "object", properties, required, additionalProperties: false };
  return { name, summary, scope: "daemon", effect: "control", slow: false, params, cli };
}
