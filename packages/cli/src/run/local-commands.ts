import type { Command } from "../command/catalogue.ts";
import type { Parsed } from "../command/parse.ts";
import type { Context } from "./context.ts";

/** Commands of the client itself. Each is loaded when it is used: most calls use none. */
export async function runLocal(
  command: Command,
  { parsed, context }: { parsed: Parsed; context: Context },
): Promise<number> {
  switch (command.entry.name) {
    case "daemon_start":
      return (await import("../local/daemon-commands.ts")).daemonStart(context);
    case "daemon_stop":
      return (await import("../local/daemon-commands.ts")).daemonStop(parsed, context);
    case "daemon_restart":
      return (await import("../local/daemon-commands.ts")).daemonRestart(parsed, context);
    case "daemon_logs":
      return (await import("../local/daemon-logs.ts")).daemonLogs(parsed, context);
    case "mcp_config":
      return (await import("../local/mcp-config.ts")).mcpConfig(parsed, context);
    case "completion": {
      const { completionScript } = await import("../completion/scripts.ts");
      context.io.out.write(completionScript(String(parsed.params.shell)));
      return 0;
    }
    default: {
      const { help } = await import("../local/help.ts");
      const words = Array.isArray(parsed.params.command) ? parsed.params.command.map(String) : [];
      context.io.out.write(help(words, context.commands));
      return 0;
    }
  }
}
