import { readInstance, stopDaemon } from "@mtui/core/client";
import type { Parsed } from "../command/parse.ts";
import { type Context, viewOf } from "../run/context.ts";
import { printJson, printLines, printResult } from "../run/print.ts";

/** Start the daemon if none runs, and show what it says of itself. */
export async function daemonStart(context: Context): Promise<number> {
  await using client = await context.dial({ start: true });
  await printResult(await client.call("daemon_status", {}), { context, operation: "daemon_status" });
  return 0;
}

/** Stop it: by request, else by a signal to the process that is proven to be it. */
export async function daemonStop({ params }: Parsed, context: Context): Promise<number> {
  const instance = readInstance(context.io.env);
  const stopped = await stopDaemon({
    client: { kind: "terminal", name: "mtuictl" },
    env: context.io.env,
    force: params.force === true,
    stopMs: 1000 * (typeof params.timeout === "number" ? params.timeout : 60),
  });
  if (context.flags.json) {
    printJson(stopped, context);
    return 0;
  }
  const { style } = viewOf(context);
  if (stopped.state === "not running") printLines(["mtuid was not running."], context);
  else {
    const how =
      stopped.by === "request" ? "" : ` by ${stopped.by}; locks may be left on hosts: mtuictl list-locks`;
    const version = instance === null ? "" : ` ${instance.version}`;
    printLines(
      [`mtuid${version} (pid ${stopped.pid}) has stopped${how === "" ? "" : style.yellow(how)}.`],
      context,
    );
  }
  return 0;
}
