import { setTimeout as sleep } from "node:timers/promises";
import { MtuiError } from "../protocol/errors.ts";
import { connect } from "./connect.ts";
import { type Instance, isAlive, readInstance } from "./instance-file.ts";
import type { ClientName } from "./options.ts";

export interface StopOptions {
  client: ClientName;
  env?: NodeJS.ProcessEnv;
  /** Also when it does not answer, and in the end with KILL: locks may stay on hosts. */
  force?: boolean;
  /** Milliseconds for an orderly end. Default 30 s: locks on hosts are being released. */
  stopMs?: number;
  helloMs?: number;
}

export interface Stopped {
  state: "stopped" | "not running";
  /** What ended it. */
  by: "request" | "SIGTERM" | "SIGKILL" | null;
  pid: number | null;
}

const LOOK_MS = 25;

/**
 * End this user's daemon: by request, else (it hangs, its socket is gone) by a signal to the process
 * that the state directory names, if that is still the same process.
 * @throws MtuiError `daemon.unreachable` when it goes on; the hint says what is left to do.
 */
export async function stopDaemon(options: StopOptions): Promise<Stopped> {
  const { stopMs = 30_000, force = false } = options;
  const instance = readInstance(options.env);
  const asked = await ask(options);
  const target = asked?.pid === undefined ? instance : sameProcess(asked.pid, instance);
  if (target === null || !isAlive(target)) {
    if (asked === null) return { state: "not running", by: null, pid: null };
    if (asked.hungUp) return { state: "stopped", by: "request", pid: asked.pid };
    throw new MtuiError(
      "daemon.unreachable",
      `mtuid (pid ${asked.pid}) took the request to stop and goes on.`,
      {
        hint: `The state directory does not prove which process it is. Look at it: ps ${asked.pid}`,
      },
    );
  }
  if (asked !== null && (await ended(target, stopMs)))
    return { state: "stopped", by: "request", pid: target.pid };
  signal(target, "SIGTERM");
  if (await ended(target, stopMs)) return { state: "stopped", by: "SIGTERM", pid: target.pid };
  if (!force) {
    throw new MtuiError(
      "daemon.unreachable",
      `mtuid (pid ${target.pid}) did not end within ${stopMs / 1000} s.`,
      {
        hint: "End it anyway, locks on hosts may stay: mtuictl daemon stop --force",
        data: { pid: target.pid },
      },
    );
  }
  signal(target, "SIGKILL");
  if (await ended(target, stopMs)) return { state: "stopped", by: "SIGKILL", pid: target.pid };
  throw new MtuiError("daemon.unreachable", `mtuid (pid ${target.pid}) survived SIGKILL.`, {
    hint: `See what holds it: cat /proc/${target.pid}/stack`,
    data: { pid: target.pid },
  });
}

/** @returns null when there is no daemon that takes the request. */
async function ask(options: StopOptions): Promise<{ pid: number; hungUp: boolean } | null> {
  try {
    await using daemon = await connect({
      client: options.client,
      autostart: false,
      env: { ...(options.env ?? process.env), MTUI_CONF: undefined },
      limits: { helloMs: options.helloMs ?? 5_000 },
    });
    await daemon.call("daemon_stop", {}, { timeoutMs: options.stopMs ?? 30_000 });
    const hungUp = daemon.closed.then(() => true);
    const limit = sleep(options.stopMs ?? 30_000, false, { ref: false });
    return { pid: daemon.hello.pid, hungUp: await Promise.race([hungUp, limit]) };
  } catch (thrown) {
    if (thrown instanceof MtuiError && ["permission.denied", "internal"].includes(thrown.kind)) throw thrown;
    return null;
  }
}

function sameProcess(pid: number, instance: Instance | null): Instance | null {
  return instance !== null && instance.pid === pid ? instance : null;
}

async function ended(instance: Instance, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(instance)) {
    if (performance.now() > deadline) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

/** The number may have been given to another process since: look again right before. */
function signal(instance: Instance, name: "SIGTERM" | "SIGKILL"): void {
  if (!isAlive(instance)) return;
  try {
    process.kill(instance.pid, name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return;
    throw new MtuiError(
      "daemon.unreachable",
      `mtuid (pid ${instance.pid}) cannot be signalled: ${String(cause)}`,
      {
        cause,
        hint: "It runs as another user; stop it as that user.",
      },
    );
  }
}
