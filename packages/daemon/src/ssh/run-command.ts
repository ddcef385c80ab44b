import { MtuiError } from "@mtui/core/protocol";
import type { CommandOutcome } from "../hosts/outcome.ts";
import type { CommandLimits } from "../hosts/session.ts";
import { CommandStreams, type Said } from "./command-streams.ts";
import { endGroup, type GroupKiller } from "./end-group.ts";
import { type Stop, watchLimits } from "./limit-watch.ts";
import type { RemoteShell, StreamName } from "./transport.ts";

const LEFT_BEHIND_MS = 500;

export interface RunOptions {
  readonly script: string;
  readonly nonce: string;
  readonly limits: CommandLimits;
  readonly signal?: AbortSignal | undefined;
  readonly onOutput?: ((stream: StreamName, chunk: Buffer) => void) | undefined;
  readonly killer: GroupKiller;
  readonly hostName: string;
}

export type RunResult =
  | { readonly kind: "outcome"; readonly outcome: CommandOutcome }
  /** Cancelled before it began. */
  | { readonly kind: "refused" };

/**
 * Runs one command script in a fresh shell. How it can end: the end mark came on both streams (`ok`,
 * `failed`); a limit or the signal ended it (`timeout`,
 * `cancelled`, each with a proof that the process group is gone, or without); the channel closed
 * before the end mark (`lost`, never anything better). The shell is used up in every case.
 */
export async function runCommand(shell: RemoteShell, options: RunOptions): Promise<RunResult> {
  const { limits, hostName } = options;
  if (options.signal?.aborted) {
    shell.destroy();
    return { kind: "refused" };
  }
  const started = performance.now();
  const watch = watchLimits(limits, options.signal);
  const streams = new CommandStreams({
    nonce: options.nonce,
    capture: limits.capture,
    onOutput: options.onOutput,
    onLife: () => watch.life(),
  });
  shell.attach(streams.sink);
  shell.end(options.script);
  const end: Said | Stop = await Promise.race([streams.said, watch.stopped]);
  watch.done();
  if (end.why === "ended") {
    // It closes by itself, and only then does sshd count the session as free; a service that the
    // command left behind would keep it open.
    setTimeout(() => shell.destroy(), LEFT_BEHIND_MS).unref();
  }
  let gone = false;
  if (end.why === "cancelled" || end.why === "silence" || end.why === "total") {
    gone = await endGroup({ group: streams.group, killer: options.killer, graceSeconds: limits.grace });
    shell.destroy();
  }
  const ran = { ...streams.captured, ms: performance.now() - started };
  return {
    kind: "outcome",
    outcome: outcomeOf(end, { ran, gone, limits, hostName }),
  };
}

type Ran = CommandStreams["captured"] & { ms: number };

function outcomeOf(
  end: Said | Stop,
  context: { ran: Ran; gone: boolean; limits: CommandLimits; hostName: string },
): CommandOutcome {
  const { ran, gone, limits, hostName } = context;
  switch (end.why) {
    case "ended":
      return end.exit === 0 ? { state: "ok", exit: 0, ...ran } : { state: "failed", exit: end.exit, ...ran };
    case "closed":
      return { state: "lost", error: lostError(hostName).toReport(), ...ran };
    case "cancelled":
      return { state: "cancelled", gone, ...ran };
    default:
      return { state: "timeout", limit: end.why, seconds: limits[end.why], gone, ...ran };
  }
}

function lostError(hostName: string): MtuiError {
  return new MtuiError(
    "host.lost",
    `${hostName}: the connection ended before the command did; whether it finished is unknown.`,
    {
      hint: `Look at the host before you run it again: ssh root@${hostName}`,
      data: { host: hostName },
    },
  );
}
