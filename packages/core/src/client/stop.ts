import { setTimeout as sleep } from "node:timers/promises";
import { MtuiError } from "../protocol/errors.ts";
import type { ResultOf } from "../protocol/registry/index.ts";
import { connect } from "./connect.ts";
import { type Instance, isAlive, readInstance } from "./instance-file.ts";
import type { ClientName } from "./options.ts";

export interface StopOptions {
  client: ClientName;
  env?: NodeJS.ProcessEnv;
  /** Also when it does not answer, and in the end with KILL: locks may stay on hosts. */
  force?: boolean;
  /**
   * What stays on the hosts for the next daemon: running commands under their locks (the default), the hosts
   * of idle workspaces too, or nothing: then running commands are ended first.
   */
  leave?: "working" | "all" | "nothing";
  /** Milliseconds for an orderly end: commands are ended, locks on hosts released. @default 150 s */
  stopMs?: number;
  helloMs?: number;
}

/** What the daemon could not bring to an end, as far as it was there to tell. */
interface Left {
  /** Jobs that had changed nothing yet: they begin again when the daemon starts. */
  waitingJobs: string[];
  /** Jobs whose commands go on on these hosts; the next daemon goes on with them. */
  workingJobs: { job: string; hosts: string[] }[];
  /** Hosts that were given back, since nothing was at work on them. */
  releasedHosts: string[];
  /** Jobs whose commands may still run on their hosts, though they should not. */
  stuckJobs: string[];
  /** Hosts on which locks may still be. */
  unreleased: { host: string; reason: string; hint: string }[];
}

export interface Stopped extends Left {
  state: "stopped" | "not running";
  /** What ended it. */
  by: "request" | "SIGTERM" | "SIGKILL" | null;
  pid: number | null;
}

const LOOK_MS = 25;
/** What the daemon takes at most, and some more. */
const STOP_MS = 150_000;
const NOTHING_LEFT: Left = {
  waitingJobs: [],
  workingJobs: [],
  releasedHosts: [],
  stuckJobs: [],
  unreleased: [],
};

/**
 * End this user's daemon: by request, else (it hangs, its socket is gone) by a signal to the process
 * that the state directory names, if that is still the same process.
 * @throws MtuiError `daemon.unreachable` when it goes on; the hint says what is left to do.
 */
export async function stopDaemon(options: StopOptions): Promise<Stopped> {
  const { stopMs = STOP_MS, force = false } = options;
  const instance = readInstance(options.env);
  const asked = await ask(options);
  const target = asked?.pid === undefined ? instance : sameProcess(asked.pid, instance);
  if (target === null || !isAlive(target)) {
    if (asked === null) return { state: "not running", by: null, pid: null, ...NOTHING_LEFT };
    if (asked.hungUp) return { state: "stopped", by: "request", pid: asked.pid, ...asked.left };
    throw new MtuiError(
      "daemon.unreachable",
      `mtuid (pid ${asked.pid}) took the request to stop and goes on.`,
      {
        hint: `The state directory does not prove which process it is. Look at it: ps ${asked.pid}`,
      },
    );
  }
  if (asked !== null && (await ended(target, stopMs)))
    return { state: "stopped", by: "request", pid: target.pid, ...asked.left };
  signal(target, "SIGTERM");
  if (await ended(target, stopMs))
    return { state: "stopped", by: "SIGTERM", pid: target.pid, ...NOTHING_LEFT };
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
  if (await ended(target, stopMs))
    return { state: "stopped", by: "SIGKILL", pid: target.pid, ...NOTHING_LEFT };
  throw new MtuiError("daemon.unreachable", `mtuid (pid ${target.pid}) survived SIGKILL.`, {
    hint: `See what holds it: cat /proc/${target.pid}/stack`,
    data: { pid: target.pid },
  });
}

interface Asked {
  pid: number;
  left: Left;
  hungUp: boolean;
}

/** @returns null when there is no daemon that takes the request. */
async function ask(options: StopOptions): Promise<Asked | null> {
  try {
    await using daemon = await connect({
      client: options.client,
      autostart: false,
      env: { ...(options.env ?? process.env), MTUI_CONF: undefined },
      limits: { helloMs: options.helloMs ?? 5_000 },
    });
    const timeoutMs = options.stopMs ?? STOP_MS;
    const how = { cancel: options.leave === "nothing", restart: options.leave === "all" };
    const answer = await daemon.call("daemon_stop", { wait: true, ...how }, { timeoutMs });
    const hungUp = daemon.closed.then(() => true);
    const limit = sleep(timeoutMs, false, { ref: false });
    return { pid: daemon.hello.pid, left: leftBy(answer), hungUp: await Promise.race([hungUp, limit]) };
  } catch (thrown) {
    if (thrown instanceof MtuiError && ["permission.denied", "internal"].includes(thrown.kind)) throw thrown;
    return null;
  }
}

function leftBy(answer: unknown): Left {
  // An older daemon does not say; the process that ends is what counts.
  const reply = answer as Partial<ResultOf<"daemon_stop">>;
  const { waiting_jobs = [], working_jobs = [], released = [], stuck_jobs = [], unreleased = [] } = reply;
  return {
    waitingJobs: waiting_jobs,
    workingJobs: working_jobs,
    releasedHosts: released,
    stuckJobs: stuck_jobs,
    unreleased,
  };
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
