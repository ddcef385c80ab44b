import type { DaemonClient } from "@mtui/core/client";
import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import type { Context } from "./context.ts";

/** Milliseconds after which a quick command is late enough to say why. */
const LATE = 2000;

/**
 * A quick command on a workspace waits for the jobs that run there; a person who waits longer than a
 * moment is told for which.
 * @returns calls it off
 */
export function sayWhatHoldsUp(
  workspace: string,
  { client, context }: { client: DaemonClient; context: Context },
): Disposable {
  const { io } = context;
  let over = false;
  const look = async (): Promise<void> => {
    const { jobs } = (await client.call("job_list", { workspace, active: true })) as ResultOf<"job_list">;
    const running = jobs.at(-1);
    if (over || running === undefined) return;
    const { id, command } = running;
    io.err.write(
      `Workspace ${oneLine(workspace)} is at work (${oneLine(id)}: ${oneLine(command)}); this waits for it. ` +
        `mtuictl job cancel ${oneLine(id)} ends it.\n`,
    );
  };
  // Only a notice: whatever is wrong with the daemon, the command itself will say.
  const stop = io.clock.after(LATE, () => void look().catch(() => {}));
  return {
    [Symbol.dispose]() {
      over = true;
      stop();
    },
  };
}
