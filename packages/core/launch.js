// What the launchers of mtuictl, mtuid and mtui-mcp do when they cannot simply load their bundle. Plain
// JavaScript, so that a Node that is too old for the product still gets this far.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Set in the child, so that a Node that is still too old ends in a message and not in a loop. */
const GUARD = "MTUI_RELAUNCHED";

/**
 * Run the launcher again under the Node that came with the packages, or say what is needed.
 * @param {string} launcher `import.meta.url` of the launcher
 */
export function relaunch(launcher) {
  const node = ownNode(launcher);
  if (node === null || process.env[GUARD] === "1") {
    fail(
      `Node ${process.versions.node} cannot run this; it needs Node 22.18 or a later 22, or 24.11 or later.`,
      "Install one of those, or let the project bring its own: npx -y pnpm@12 install",
    );
  }
  const command = [node, fileURLToPath(launcher), ...process.argv.slice(2)];
  const child = start(command, { ...process.env, [GUARD]: "1" });
  // Ctrl-C on a terminal reaches the child by itself; here it must only not end the one who waits.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`${node} does not start: ${error.message}`, "npx -y pnpm@12 install"));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

/**
 * The child takes our place, also for what systemd handed over: its sockets are from descriptor 3 on, and meant for
 * the process that LISTEN_PID names (sd_listen_fds(3)). Only the child itself knows its pid in time, hence the shell.
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} env
 */
function start(command, env) {
  const sockets = env.LISTEN_PID === String(process.pid) ? Number(env.LISTEN_FDS) : 0;
  if (!(sockets >= 1 && sockets <= 16)) return spawn(command[0], command.slice(1), { stdio: "inherit", env });
  const stdio = Array.from({ length: 3 + sockets }, (_, fd) => fd);
  return spawn("/bin/sh", ["-c", 'export LISTEN_PID=$$; exec "$@"', "sh", ...command], { stdio, env });
}

/**
 * A bundle that is not there is explained; any other failure of it is its own.
 * @param {unknown} error
 * @param {string} bundle URL of the bundle
 */
export function explain(error, bundle) {
  if (existsSync(fileURLToPath(bundle))) throw error;
  fail(`${fileURLToPath(bundle)} is not built yet.`, "Build it: npm run build");
}

/** @param {string} launcher */
function ownNode(launcher) {
  const require = createRequire(launcher);
  try {
    return join(dirname(require.resolve(`node-${process.arch}/package.json`)), "bin", "node");
  } catch {
    return null;
  }
}

/** @returns {never} */
function fail(message, hint) {
  process.stderr.write(`${message}\n${hint}\n`);
  process.exit(1);
}
