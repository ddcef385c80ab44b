import type { DaemonClient } from "@mtui/core/client";
import type { OperationEntry } from "@mtui/core/protocol";
import type { Parsed } from "../command/parse.ts";
import type { Context } from "./context.ts";
import { exitOfResult } from "./exit-of-result.ts";
import { sayWhatHoldsUp } from "./say-what-holds-up.ts";
import { printResult } from "./print.ts";

/** These ask about a daemon; starting one would change the answer. */
const NEVER_START: ReadonlySet<string> = new Set(["daemon_status"]);
/** Milliseconds on top of what a call was told to wait. */
const SLACK = 15_000;

/**
 * Run an operation of the daemon and show its answer.
 * @returns the exit code
 * @throws MtuiError what the daemon answers
 */
export async function runOperation(
  entry: OperationEntry,
  { parsed, context }: { parsed: Parsed; context: Context },
): Promise<number> {
  if (entry.cli.files !== undefined) {
    const { withFiles } = await import("../command/file-words.ts");
    parsed = { ...parsed, params: await withFiles(entry, parsed.params) };
  }
  if (entry.slow || entry.name === "job_follow") return await following(entry, { parsed, context });
  await using client = await context.dial({ start: !NEVER_START.has(entry.name) });
  if (entry.name === "job_result") {
    const { resultCommand } = await import("./job-result.ts");
    return await resultCommand(parsed, { context, client });
  }
  if (context.flags.watch) {
    const { watchCommand } = await import("./watch-command.ts");
    return await watchCommand(entry.name, parsed, { context, client });
  }
  const asked = parsed.params.workspace;
  const workspace = typeof asked === "string" ? asked : "default";
  const quiet = entry.scope !== "workspace" || context.flags.json;
  using _notice = quiet ? null : sayWhatHoldsUp(workspace, { client, context });
  const result = await call(entry.name, { parsed, client, context });
  await printResult(result, { context, operation: entry.name });
  const code = exitOfResult(entry.name, result);
  return code;
}

async function following(
  entry: OperationEntry,
  { parsed, context }: { parsed: Parsed; context: Context },
): Promise<number> {
  const { Link } = await import("../follow/link.ts");
  const client = await context.dial({ start: true });
  await using link = new Link({ client, dial: (how) => context.dial(how), clock: context.io.clock });
  if (entry.slow) return await (await import("./run-slow.ts")).runSlow(entry, { parsed, context, link });
  return await (await import("./job-commands.ts")).followCommand(parsed, { context, link });
}

/** Ctrl-C withdraws the question; nothing of the daemon's goes on because of it. */
async function call(
  name: string,
  { parsed, client, context }: { parsed: Parsed; client: DaemonClient; context: Context },
): Promise<unknown> {
  const abort = new AbortController();
  using _subscription = context.io.onInterrupt(() => abort.abort());
  const timeout = waitOf(name, parsed.params);
  return await client.call(name, parsed.params, {
    signal: abort.signal,
    ...(timeout === null ? {} : { timeoutMs: timeout * 1000 + SLACK }),
  });
}

/** Seconds that the answer may take because it was asked to wait; null: as the client has it. */
function waitOf(name: string, params: Readonly<Record<string, unknown>>): number | null {
  const asked = name === "job_wait" ? (params.timeout ?? 30) : params.wait;
  return typeof asked === "number" ? asked : null;
}
