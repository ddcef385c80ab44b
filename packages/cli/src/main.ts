import { connect } from "@mtui/core/client";
import type { CommandTable } from "@mtui/core/protocol";
import { runCli } from "./run/run-cli.ts";
import { processIo } from "./terminal/process-io.ts";

/** `mtuictl`. The bundle calls it with the command table that was generated with it. */
export async function main(table: CommandTable): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    table,
    io: processIo(),
    dial: ({ start, config, notice }) =>
      connect({
        client: { kind: "terminal", name: "mtuictl" },
        onNotice: notice,
        ...(config === undefined ? {} : { config }),
        ...(start ? {} : { autostart: false }),
      }),
  });
}
