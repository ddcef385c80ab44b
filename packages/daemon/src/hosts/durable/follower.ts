import type { RemoteShell, ShellSink } from "../../ssh/transport.ts";
import { fencePath, guardPath, lockPath, temporaryPath } from "../remote-paths.ts";
import type { LentRunner } from "./runner-keeper.ts";
import { durableScript, type DurableScript } from "./script.ts";

/** One channel on which a durable command is started or followed. */
export interface Follower {
  /** Starts or goes on; what comes is the sink's. */
  begin(script: Pick<DurableScript, "nonce" | "from">, sink: ShellSink): void;
  /** It has said its last word. */
  leave(): void;
  /** Nobody listens any more. */
  destroy(): void;
}

type Command = Omit<DurableScript, "nonce" | "from">;

/** A shell that has said its last word has a moment to end by itself. */
const LEFT_BEHIND_MS = 500;

export function shellFollower(shell: RemoteShell, command: Command): Follower {
  return {
    begin(script, sink) {
      shell.attach(sink);
      shell.end(durableScript({ ...command, ...script }));
    },
    leave: () => void setTimeout(() => shell.destroy(), LEFT_BEHIND_MS).unref(),
    destroy: () => shell.destroy(),
  };
}

/** Only for what is to be started: it follows nothing else. */
export function runnerFollower(
  runner: LentRunner,
  { paths, place, start }: Command & { start: NonNullable<Command["start"]> },
): Follower {
  const { operation, pool, release } = start.fence;
  return {
    begin({ nonce }, sink) {
      const request = {
        nonce,
        guard: guardPath(paths),
        fence: fencePath(paths),
        operation: lockPath(paths, "operation"),
        operationBytes: operation.bytes,
        pool: pool === null ? "" : lockPath(paths, "pool"),
        poolBytes: pool?.bytes ?? "",
        temporary: temporaryPath(paths, operation.nonce),
        release: release ? "1" : "",
        ...place,
        spool: String(start.spool),
        command: start.command,
      };
      runner.start(request, sink);
    },
    leave: () => runner.free(),
    destroy: () => runner.destroy(),
  };
}
