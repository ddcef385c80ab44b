import { MtuiError } from "@mtui/core/protocol";
import { buildCommandTable } from "@mtui/core/registry";
import { runCli } from "../../../packages/cli/src/run/run-cli.ts";
import { type FakeDaemon, fakeDaemon, type Script } from "./fake-daemon.ts";
import { type FakeIo, fakeIo, type FakeIoOptions } from "./fake-io.ts";

export const TABLE = buildCommandTable("0.1.0");

export interface Ran {
  code: number;
  out: string;
  err: string;
  daemon: FakeDaemon;
  /** Whether a daemon might have been started, for each time that one was dialled. */
  dialled: { start: boolean; config: string | undefined }[];
}

export interface CliCase extends FakeIoOptions {
  script?: Script;
  /** No daemon answers. */
  down?: boolean;
  io?: FakeIo;
}

/** One call of `mtuictl` against a scripted daemon. */
export async function mtuictl(argv: readonly string[], options: CliCase = {}): Promise<Ran> {
  const io = options.io ?? fakeIo(options);
  const daemon = fakeDaemon(options.script ?? {});
  const dialled: Ran["dialled"] = [];
  const code = await runCli(argv, {
    table: TABLE,
    io,
    dial: async ({ start, config }) => {
      dialled.push({ start, config });
      if (options.down === true) {
        throw new MtuiError("daemon.unreachable", "No mtuid listens.", {
          hint: "Start it: mtuictl daemon start",
        });
      }
      return daemon;
    },
  });
  return { code, out: io.written.out, err: io.written.err, daemon, dialled };
}
