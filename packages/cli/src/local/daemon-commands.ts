import { readInstance, stopDaemon } from "@mtui/core/client";
import type { Parsed } from "../command/parse.ts";
import { leftLines } from "../render/left-by-stop.ts";
import type { Context } from "../run/context.ts";
import { printJson, printLines, printResult } from "../run/print.ts";

/** Start the daemon if none runs, and show what it says of itself. */
export async function daemonStart(context: Context): Promise<number> {
  await using client = await context.dial({ start: true });
  await printResult(await client.call("daemon_status", {}), { context, operation: "daemon_status" });
  return 0;
}

/** Stop it and start it again, as it is installed now; everything goes on. */
export async function daemonRestart(parsed: Parsed, context: Context): Promise<number> {
  const params = { ...parsed.params, restart: true };
  const stopped = await daemonStop({ ...parsed, params }, context);
  const started = await daemonStart(context);
  return Math.max(stopped, started);
}

/** Stop it: by request, else by a signal to the process that is proven to be it. */
export async function daemonStop({ params }: Parsed, context: Context): Promise<number> {
  const instance = readInstance(context.io.env);
  const stopped = await stopDaemon({
    client: { kind: "terminal", name: "mtuictl" },
    env: context.io.env,
    force: params.force === true,
    leave: params.cancel === true ? "nothing" : params.restart === true ? "all" : "working",
    ...(typeof params.timeout === "number" ? { stopMs: 1000 * params.timeout } : {}),
  });
  const code = stopped.unreleased.length + stopped.stuckJobs.length === 0 ? 0 : 1;
  if (context.flags.json) {
    printJson(stopped, context);
    return code;
  }
  if (stopped.state === "not running") printLines(["mtuid was not running."], context);
  else {
    const version = instance === null ? "" : ` ${instance.version}`;
    const how = stopped.by === "request" ? "" : ` (it did not answer; ended by ${stopped.by})`;
    printLines([`mtuid${version}, pid ${stopped.pid}, has stopped${how}.`], context);
    for (const line of leftLines(stopped)) context.io.err.write(`${line}\n`);
  }
  return code;
}
