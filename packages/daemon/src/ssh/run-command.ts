import { MtuiError } from "@mtui/core/protocol";
import type { CommandOutcome } from "../hosts/outcome.ts";
import type { CommandLimits } from "../hosts/session.ts";
import { HeadTail } from "./capture.ts";
import { scanMarks } from "./marker.ts";
import { endGroup, type GroupKiller } from "./end-group.ts";
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

/** What the far side said, before it becomes an outcome. */
export type RunResult =
  | { readonly kind: "outcome"; readonly outcome: CommandOutcome; readonly release: string }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Runs one command script in a fresh shell. How it can end: the end mark came on both streams (`ok`,
 * `failed`); the script refused before it began; a limit or the signal ended it (`timeout`,
 * `cancelled`, each with a proof that the process group is gone, or without); the channel closed
 * before the end mark (`lost`, never anything better). The shell is used up in every case.
 */
export async function runCommand(shell: RemoteShell, options: RunOptions): Promise<RunResult> {
  const { limits } = options;
  if (options.signal?.aborted) {
    shell.destroy();
    return { kind: "refused", reason: "cancelled" };
  }
  const started = performance.now();
  const captures = { stdout: new HeadTail(limits.capture), stderr: new HeadTail(limits.capture) };
  const begun = { stdout: false, stderr: false };
  // The process group once it runs, null when nothing will run, 0 when it cannot be known.
  const begin = Promise.withResolvers<number | null>();
  const end = Promise.withResolvers<End>();
  const ended = { stdout: false, stderr: false };
  let exit = "";
  let release = "-";
  let silence: NodeJS.Timeout | undefined;
  const quiet = (): void => {
    if (limits.silence <= 0) return;
    clearTimeout(silence);
    silence = setTimeout(() => end.resolve({ why: "silence" }), limits.silence * 1000);
  };
  const onMark = (stream: StreamName, words: string[]): void => {
    const [word, first, second] = words;
    if (word === "refused") {
      begin.resolve(null);
      end.resolve({ why: "refused", reason: words.slice(1).join(" ") });
    }
    if (word === "go") {
      begun[stream] = true;
      if (stream === "stdout") begin.resolve(Number(first));
    }
    if (word !== "end") return;
    ended[stream] = true;
    if (stream === "stdout") {
      exit = first ?? "";
      release = second ?? "-";
    }
    if (ended.stdout && ended.stderr) end.resolve({ why: "ended" });
  };
  const scanner = (stream: StreamName): ReturnType<typeof scanMarks> =>
    scanMarks(options.nonce, {
      onBytes: (chunk) => {
        if (!begun[stream] || ended[stream]) return;
        captures[stream].push(chunk);
        options.onOutput?.(stream, chunk);
      },
      onMark: (words) => onMark(stream, words),
    });
  const scanners = { stdout: scanner("stdout"), stderr: scanner("stderr") };
  shell.attach({
    onOutput: (stream, chunk) => {
      quiet();
      scanners[stream].push(chunk);
    },
    onClose: () => {
      scanners.stdout.flush();
      scanners.stderr.flush();
      begin.resolve(0);
      end.resolve({ why: "closed" });
    },
  });
  const total =
    limits.total > 0 ? setTimeout(() => end.resolve({ why: "total" }), limits.total * 1000) : undefined;
  const onAbort = (): void => end.resolve({ why: "cancelled" });
  options.signal?.addEventListener("abort", onAbort, { once: true });
  quiet();
  shell.end(options.script);

  const why = await end.promise;
  clearTimeout(silence);
  clearTimeout(total);
  options.signal?.removeEventListener("abort", onAbort);
  const ran = (): {
    stdout: ReturnType<HeadTail["captured"]>;
    stderr: ReturnType<HeadTail["captured"]>;
    ms: number;
  } => ({
    stdout: captures.stdout.captured(),
    stderr: captures.stderr.captured(),
    ms: performance.now() - started,
  });

  switch (why.why) {
    case "refused":
      shell.destroy();
      return { kind: "refused", reason: why.reason };
    case "ended": {
      // It closes by itself, and only then does sshd count the session as free; a service that the
      // command left behind would keep it open.
      setTimeout(() => shell.destroy(), LEFT_BEHIND_MS).unref();
      const status = Number(exit);
      const outcome: CommandOutcome =
        status === 0 ? { state: "ok", exit: 0, ...ran() } : { state: "failed", exit: status, ...ran() };
      return { kind: "outcome", outcome, release };
    }
    case "closed":
      return {
        kind: "outcome",
        outcome: { state: "lost", error: lostError(options.hostName).toReport(), ...ran() },
        release: "-",
      };
    default: {
      const gone = await endGroup({
        group: begin.promise,
        killer: options.killer,
        graceSeconds: limits.grace,
      });
      shell.destroy();
      const outcome: CommandOutcome =
        why.why === "cancelled"
          ? { state: "cancelled", gone, ...ran() }
          : {
              state: "timeout",
              limit: why.why,
              seconds: why.why === "silence" ? limits.silence : limits.total,
              gone,
              ...ran(),
            };
      return { kind: "outcome", outcome, release };
    }
  }
}

type End =
  | { readonly why: "ended" | "closed" | "cancelled" | "silence" | "total" }
  | { readonly why: "refused"; readonly reason: string };

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
