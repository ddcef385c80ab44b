import { spawn } from "node:child_process";

const FIRST_FD = 3;
const NOTIFY_MS = 5_000;

/**
 * The socket that systemd made for us, if it did; the variables are taken out of `env`, so that no
 * child takes them for its own.
 */
export function takeListenFd(env: NodeJS.ProcessEnv = process.env, pid: number = process.pid): number | null {
  const ours = env["LISTEN_PID"] === String(pid) && Number(env["LISTEN_FDS"]) >= 1;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete env[name];
  return ours ? FIRST_FD : null;
}

/** Are we a unit whose output goes to the journal? */
export function underSystemd(env: NodeJS.ProcessEnv = process.env): boolean {
  return env["NOTIFY_SOCKET"] !== undefined || env["JOURNAL_STREAM"] !== undefined;
}

/**
 * Tell systemd a state (`READY=1`, `STOPPING=1`, `STATUS=...`) through its own helper: Node has no
 * datagram sockets in the file system. Needs `NotifyAccess=all`. Never fails: it is a courtesy.
 */
export async function notifySystemd(
  states: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (env["NOTIFY_SOCKET"] === undefined) return;
  const child = spawn("systemd-notify", [...states], {
    stdio: "ignore",
    signal: AbortSignal.timeout(NOTIFY_MS),
    env,
  });
  await new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}
