import { watch } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, places, readInstance, START_LOG } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";
import type { Parsed } from "../command/parse.ts";
import type { Context } from "../run/context.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { readOn, tailLines } from "./tail-lines.ts";

/** The end of the log; needs no daemon, since one that died is when it is read. */
export async function daemonLogs({ params }: Parsed, context: Context): Promise<number> {
  const path = await logPath(context.io.env);
  const lines = typeof params.lines === "number" ? params.lines : 50;
  const write = (text: string): void => {
    if (text !== "") context.io.out.write(context.flags.json ? text : sanitise(text));
  };
  const { text, end } = await tail(path, lines);
  write(text);
  if (text === "" && lines > 0) context.io.err.write(`${path} is empty.\n`);
  if (params.follow === true) await follow(path, { end, write, context });
  return params.follow === true ? 130 : 0;
}

async function tail(path: string, lines: number): Promise<{ text: string; end: number }> {
  await using file = await open(path, "r");
  return await tailLines(file, lines);
}

/** Where the daemon that runs, or ran last, writes; else what one said that could not even start. */
async function logPath(env: NodeJS.ProcessEnv): Promise<string> {
  const { state } = places(env);
  const instance = readInstance(env);
  // Never the log of a daemon before it, as if it were its own.
  if (instance?.log === "stderr" && isAlive(instance)) {
    throw new MtuiError(
      "daemon.unreachable",
      `mtuid (pid ${instance.pid}) logs to standard error, not to a file.`,
      {
        hint: "Where systemd started it: journalctl --user -u mtuid",
      },
    );
  }
  const candidates = [instance?.log, join(state, "mtuid.log"), join(state, START_LOG)];
  for (const path of candidates) {
    if (path === undefined) continue;
    try {
      await using _file = await open(path, "r");
      return path;
    } catch {
      // The next one, then.
    }
  }
  throw new MtuiError("daemon.unreachable", `There is no log of mtuid in ${state}.`, {
    hint: "It has never run here, or as a service of systemd (journalctl --user -u mtuid). Start it: mtuictl daemon start",
  });
}

/** Until Ctrl-C; woken by the file system, not by a timer. */
async function follow(
  path: string,
  { end, write, context }: { end: number; write: (text: string) => void; context: Context },
): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  using _subscription = context.io.onInterrupt(() => stopped.resolve());
  let at = end;
  let reading = Promise.resolve();
  const look = (): void => {
    reading = reading.then(async () => {
      for (;;) {
        const { text, end: now } = await readOn(path, at);
        at = now;
        if (text === "") return;
        write(text);
      }
    });
    reading.catch((error: unknown) => stopped.reject(error));
  };
  const watcher = watch(path, look);
  watcher.on("error", (error) => stopped.reject(error));
  look();
  try {
    await stopped.promise;
  } finally {
    watcher.close();
  }
}
