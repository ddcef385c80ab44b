import type { CommandTable } from "@mtui/core/protocol";
import { runCli } from "./run/run-cli.ts";
import { processIo } from "./terminal/process-io.ts";

/** `mtuictl`. The bundle calls it with the command table that was generated with it. */
export async function main(table: CommandTable): Promise<void> {
  const io = processIo();
  const code = await runCli(process.argv.slice(2), {
    table,
    io,
    dial: async ({ start, config, notice }) => {
      const { connect } = await import("@mtui/core/client");
      const client = await connect({
        client: { kind: "terminal", name: "mtuictl" },
        onNotice: notice,
        ...(config === undefined ? {} : { config }),
        ...(start ? {} : { autostart: false }),
      });
      // Hanging up takes a round trip that nobody needs to wait for.
      return { ...client, [Symbol.asyncDispose]: async () => void client[Symbol.asyncDispose]() };
    },
  });
  process.exitCode = code;
  if (io.isFlushed()) process.exit(code);
}
