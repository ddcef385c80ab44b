import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expandHome } from "../config/paths.ts";
import { MtuiError } from "../protocol/errors.ts";
import type { Peer } from "../protocol/index.ts";
import { VERSION } from "../protocol/version.ts";
import { dial } from "./dial.ts";
import { type Greeted, type Greeting, greet } from "./greet.ts";
import { describeInstance } from "./instance-file.ts";
import { findLauncher, launch } from "./launch.ts";
import {
  CONNECT_LIMITS,
  type ConnectOptions,
  type DaemonClient,
  type HelloReply,
  type Launcher,
} from "./options.ts";
import { shouldReplace, skewOf } from "./skew.ts";
import { socketPath } from "./socket-path.ts";

const FIRST_RETRY_MS = 15;
const LAST_RETRY_MS = 250;
const RELAUNCH_MS = 500;

/**
 * A conversation with this user's daemon; it is started when there is none.
 * @throws MtuiError `daemon.unreachable` (none runs and none could be started), `config.mismatch`
 *   (it runs with other files), `daemon.version` (it cannot be talked to and is busy).
 */
export async function connect(options: ConnectOptions): Promise<DaemonClient> {
  const env = options.env ?? process.env;
  const plan: Plan = {
    path: socketPath(env),
    launcher: options.autostart === false ? null : (options.autostart ?? findLauncher(env)),
    notice: options.onNotice ?? (() => {}),
    greeting: {
      client: options.client,
      config: wantedConfig(options.config, env),
      env,
      limits: { ...CONNECT_LIMITS, ...options.limits },
    },
  };
  let greeted = await attach(plan);
  // One that we have just started is the only one there is to start, whatever it calls itself.
  if (!greeted.fresh && plan.launcher !== null && shouldReplace(greeted.hello))
    greeted = await replace(plan, greeted);
  warnOf(greeted.hello, plan.notice);
  return clientOf(greeted.peer, greeted.hello);
}

interface Plan {
  path: string;
  launcher: Launcher | null;
  notice: (text: string) => void;
  greeting: Greeting;
}

interface Attached extends Greeted {
  /** Started for us. */
  fresh: boolean;
}

/** The running daemon, or a new one. */
async function attach(plan: Plan, { replacing = false } = {}): Promise<Attached> {
  if (plan.launcher === null) {
    const socket = await dial(plan.path);
    if (socket === null) throw notRunning(plan);
    return { ...(await greet(socket, plan.greeting)), fresh: false };
  }
  const greeted = await tryToGreet(plan);
  if (greeted !== null) return { ...greeted, fresh: false };
  if (!replacing) plan.notice("mtuid was not running; starting it.");
  return { ...(await awaitDaemon(plan, plan.launcher)), fresh: true };
}

/**
 * Dial until a daemon answers: ours, or that of another client which was quicker. One that is just
 * going away may still accept and still has the state: its farewell counts as no answer, and a
 * launch that it beat is repeated.
 */
async function awaitDaemon(plan: Plan, launcher: Launcher): Promise<Greeted> {
  const { startMs } = plan.greeting.limits;
  const deadline = performance.now() + startMs;
  let launched = launch(launcher, plan.greeting);
  let launchedAt = performance.now();
  for (let pause = FIRST_RETRY_MS; performance.now() < deadline; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
    // Read before dialling: a launcher that failed because a daemon is up is no failure then.
    const outcome = launched.current();
    const greeted = await tryToGreet(plan);
    if (greeted !== null) {
      launched.abandonUnless(greeted.hello.pid);
      return greeted;
    }
    if (outcome.state === "failed")
      throw outcome.complaint ?? notStarted(`it ended at once: ${outcome.why}`, plan);
    if (outcome.state === "beaten" && performance.now() - launchedAt > RELAUNCH_MS) {
      launched = launch(launcher, plan.greeting);
      launchedAt = performance.now();
    }
    await sleep(pause);
  }
  throw notStarted(`nobody listened on ${plan.path} within ${startMs / 1000} s`, plan);
}

/** @returns null when no daemon is there, or one that is just leaving. */
async function tryToGreet(plan: Plan): Promise<Greeted | null> {
  try {
    const socket = await dial(plan.path);
    return socket === null ? null : await greet(socket, plan.greeting);
  } catch (thrown) {
    if (isLeaving(thrown)) return null;
    throw thrown;
  }
}

/** An idle daemon of another version makes room; it decides by itself whether it still is idle. */
async function replace(plan: Plan, old: Attached): Promise<Attached> {
  const { stopMs } = plan.greeting.limits;
  const reply = await old.peer
    .call("daemon_stop", { if_idle: true }, { timeoutMs: stopMs })
    .catch(() => null);
  if ((reply as { stopping?: unknown } | null)?.stopping !== true) return old;
  const what = old.hello.version === VERSION ? "of another build" : old.hello.version;
  plan.notice(`mtuid ${what} was idle and is replaced.`);
  await Promise.race([old.peer.closed, sleep(stopMs, undefined, { ref: false })]);
  old.peer.close();
  return attach(plan, { replacing: true });
}

function warnOf(hello: HelloReply, notice: (text: string) => void): void {
  const skew = skewOf(hello);
  if (hello.warning !== null) notice(hello.warning);
  else if (skew !== "same") {
    notice(
      `mtuid is ${hello.version} (${hello.build}) and this program ${VERSION}; it serves on while it has work.`,
    );
  }
}

function clientOf(peer: Peer, hello: HelloReply): DaemonClient {
  return {
    hello,
    closed: peer.closed,
    call: (method, params, options) => peer.call(method, params, options),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

function wantedConfig(option: string | null | undefined, env: NodeJS.ProcessEnv): string | null {
  const named = option ?? env["MTUI_CONF"] ?? null;
  return named === null || named === "" ? null : resolve(expandHome(named, env));
}

/** Is it on its way out, so that a successor is worth waiting for? */
function isLeaving(thrown: unknown): boolean {
  if (!(thrown instanceof MtuiError)) return false;
  return thrown.kind === "daemon.stopping" || (thrown.kind === "daemon.unreachable" && thrown.retryable);
}

function notRunning(plan: Plan): MtuiError {
  return new MtuiError(
    "daemon.unreachable",
    `No mtuid listens on ${plan.path}.${describeInstance(plan.greeting.env)}`,
    {
      hint: "Start it: mtuictl daemon start",
      data: { path: plan.path },
      retryable: true,
    },
  );
}

function notStarted(why: string, plan: Plan): MtuiError {
  const other = describeInstance(plan.greeting.env);
  return new MtuiError("daemon.unreachable", `mtuid could not be started: ${why}.${other}`, {
    // One that lives and is not where its socket should be (removed, or taken by another) can only be ended.
    hint: other === "" ? "See why: mtuid --foreground" : "End that one, then ask again: mtuictl daemon stop",
    data: { path: plan.path },
  });
}
