import type { DaemonClient } from "@mtui/core/client";
import type { Command } from "../command/catalogue.ts";
import type { Flags } from "../command/flags.ts";
import type { Io } from "../terminal/io.ts";
import { styleOf } from "../terminal/style.ts";
import type { View } from "../render/view.ts";

/** What running one command needs. */
export interface Context {
  readonly io: Io;
  readonly flags: Flags;
  readonly commands: readonly Command[];
  /**
   * A conversation with the daemon.
   * @param options.start may one be started when none runs?
   * @throws MtuiError daemon.unreachable, config.mismatch, daemon.version
   */
  dial(options: { start: boolean }): Promise<DaemonClient>;
}

export function viewOf({ io, flags }: Context): View {
  return { style: styleOf(io.out.colour), columns: io.out.columns, now: io.clock.now(), flags };
}
