import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { places, socketPath } from "@mtui/core/client";
import { loadConfig } from "@mtui/core/config";
import { BUILD, EXIT_ALREADY_RUNNING, MtuiError, toMtuiError, VERSION } from "@mtui/core/protocol";
import { agentSockets } from "./agent-sockets.ts";
import { openLog } from "./log/index.ts";
import { runDaemon } from "./run-daemon.ts";
import { notifySystemd, takeListenFd, underSystemd } from "./server/index.ts";
import { takeInstance } from "./store/index.ts";

const USAGE = `mtuid [--config FILE] [--foreground]

The daemon behind mtuictl and mtui-mcp; they start it when they need it.

  --config FILE   this configuration alone (default: $MTUI_CONF, else /etc/mtui.yaml and
                  ~/.config/mtui/mtui.yaml, the later one winning key by key)
  --foreground    log to standard error
  --version, --help
`;

interface Options {
  config: string | null;
  foreground: boolean;
}

/** @returns null when there is nothing left to do */
function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      foreground: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? USAGE : `mtuid ${VERSION} (${BUILD})\n`);
    return null;
  }
  return { config: values.config ?? null, foreground: values.foreground };
}

async function main(): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions();
  } catch (thrown) {
    throw new MtuiError("params.invalid", toMtuiError(thrown).message, { hint: "mtuid --help" });
  }
  if (options === null) return 0;
  const { env } = process;
  // Files that we make are ours alone, whatever the shell that started us thinks.
  process.umask(0o077);
  const state = places(env).state;
  using instance = takeInstance(state);
  if (instance === null) {
    process.stderr.write(`mtuid: another one is running for ${state}\n`);
    return EXIT_ALREADY_RUNNING;
  }
  const loaded = loadConfig({ config: options.config, env });
  const journal = underSystemd(env);
  using log = openLog({
    path: options.foreground || journal ? null : join(state, "mtuid.log"),
    level: loaded.config.daemon.log_level,
    journal,
  });
  log.hide(loaded.config.gitea.token);
  for (const notice of loaded.notices) log.log("warn", notice);
  const fd = takeListenFd(env);
  // Awaited here: the lock and the log must outlive the daemon.
  return await runDaemon({
    loaded,
    instance,
    log,
    agents: agentSockets(env["SSH_AUTH_SOCK"]),
    stateDir: state,
    listen: fd === null ? { path: socketPath(env) } : { fd },
    notify: (states) => notifySystemd(states, env),
  });
}

// What comes and goes at once is collected soon, in place of room being made for it: a flood of output must not become
// memory. Set here, it holds however the daemon was started.
setFlagsFromString("--optimize-for-size");

let status: number;
try {
  status = await main();
} catch (thrown) {
  const error = toMtuiError(thrown);
  process.stderr.write(`mtuid: ${error.message}\n${error.hint === undefined ? "" : `  ${error.hint}\n`}`);
  if (error.kind === "internal")
    process.stderr.write(`${String((error.cause as Error | undefined)?.stack)}\n`);
  status = error.exitCode;
}
// Whatever still has a timer or a half-open connection has had its time.
process.exit(status);
