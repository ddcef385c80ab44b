import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { places } from "../config/paths.ts";
import type { MtuiError } from "../protocol/errors.ts";
import { EXIT_ALREADY_RUNNING } from "../protocol/version.ts";
import type { Launcher } from "./options.ts";
import { ensurePrivateDir } from "./private-dir.ts";
import { processFacts } from "./process-facts.ts";
import { configComplaint, EXIT_CONFIG } from "./start-complaint.ts";
import { readTail, readTailLines } from "./tail.ts";

/** Both ends of what a daemon prints before it has its own log. */
export const START_LOG = "mtuid.start.log";
const TAIL_BYTES = 2_000;

/** `beaten`: another daemon has the state, and may be starting, serving or on its way out. */
export type LaunchState = { state: "running" } | { state: "beaten" } | LaunchFailure;

interface LaunchFailure {
  state: "failed";
  why: string;
  /** Its configuration is wrong. */
  complaint: MtuiError | null;
}

export interface Launched {
  current(): LaunchState;
  /**
   * End what was launched, unless it is the daemon that answered: still starting, it would find the state
   * free some time later, when somebody has just stopped the other one.
   */
  abandonUnless(daemonPid: number): void;
}

/**
 * `$MTUID` (a program or a script for this Node), else the launcher of the daemon package beside the
 * running program: in a bundle, in `node_modules`, or in the sources.
 */
export function findLauncher(env: NodeJS.ProcessEnv): Launcher | null {
  const named = env["MTUID"];
  if (named !== undefined && named !== "") return launcherOf(resolve(named));
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = [
    "../../daemon/bin/mtuid.js",
    "../../../daemon/bin/mtuid.js",
    "../../node_modules/@mtui/daemon/bin/mtuid.js",
  ];
  const found = beside.map((path) => join(here, path)).find((path) => existsSync(path));
  return found === undefined ? null : launcherOf(found);
}

function launcherOf(path: string): Launcher {
  const script = /\.[cm]?[jt]s$/.test(path);
  return script ? { command: process.execPath, args: [path] } : { command: path, args: [] };
}

/**
 * Start a daemon that outlives us: its own session, no terminal, no directory of ours held, output
 * into the state directory. Several clients may do so at once: the state's lock lets one daemon
 * live, the others end with `EXIT_ALREADY_RUNNING`.
 */
export function launch(
  launcher: Launcher,
  options: { config: string | null; env: NodeJS.ProcessEnv },
): Launched {
  const state = places(options.env).state;
  ensurePrivateDir(state);
  const log = join(state, START_LOG);
  const output = openSync(log, "w", 0o600);
  let current: LaunchState = { state: "running" };
  // Not imported: a client that finds its daemon running, and most do, need not pay for it.
  const { spawn } = process.getBuiltinModule("node:child_process");
  let child: ChildProcess;
  try {
    const args = [...launcher.args, ...(options.config === null ? [] : ["--config", options.config])];
    child = spawn(launcher.command, args, {
      cwd: "/",
      detached: true,
      env: options.env,
      stdio: ["ignore", output, output],
    });
    child.on("error", (error) => {
      current = { state: "failed", why: error.message, complaint: null };
    });
    child.on("exit", (code, signal) => {
      if (code === EXIT_ALREADY_RUNNING) {
        current = { state: "beaten" };
        return;
      }
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      current = {
        state: "failed",
        why: `${how}; ${log} ends with: ${readTail(log, TAIL_BYTES) || "(nothing)"}`,
        complaint: code === EXIT_CONFIG ? configComplaint(readTailLines(log, TAIL_BYTES)) : null,
      };
    });
    child.unref();
  } finally {
    closeSync(output);
  }
  return {
    current: () => current,
    abandonUnless(daemonPid) {
      const group = processFacts(daemonPid)?.group;
      // A launcher may start the daemon as its own child: they share the group.
      if (
        current.state === "running" &&
        group !== undefined &&
        group !== child.pid &&
        daemonPid !== child.pid
      ) {
        child.kill("SIGTERM");
      }
    },
  };
}
