import { shellQuote } from "../ssh/index.ts";
import { lockPath, type RemotePaths, temporaryPath } from "./remote-paths.ts";
import type { HeldLock } from "./session.ts";

/** What must stand on the host for a command to start there. */
export interface FenceLocks {
  readonly operation: HeldLock;
  /** Null for a session that has none, or whose pool lock a person gave back. */
  readonly pool: HeldLock | null;
  /** Gives the operation lock back when the command is done. */
  readonly release: boolean;
}

/**
 * The fence around a changing command: a kernel lock on the fence file for as long as its runner lives,
 * and inside it the look whether our locks still stand. `mtui_make` and `mtui_launch` are called when
 * they do; the runner inherits descriptor 8, its command does not. `mtui_give` is for the runner, at the end.
 * Reasons why nothing ran: `busy`, `operation` and `pool` (the lock that is not ours any more), `fence` and
 * `flock` (which cannot be used).
 */
export function fenceSteps(
  paths: RemotePaths,
  { operation, pool, release }: FenceLocks,
): { definitions: string; driver: string } {
  const file = shellQuote(lockPath(paths, "operation"));
  const text = shellQuote(operation.bytes);
  const temporary = shellQuote(temporaryPath(paths, operation.nonce));
  const stands = [operation, ...(pool === null ? [] : [pool])].map(
    ({ kind, bytes }) =>
      `if ! mtui_ours ${shellQuote(lockPath(paths, kind))} ${shellQuote(bytes)}; then no=${kind}; return; fi`,
  );
  const give = release
    ? `mtui_guarded mtui_drop mtui_ours ${file} ${text} - ${temporary}; rel=\${r%% *}`
    : ":";
  return {
    definitions: `mtui_give() { ${give}
}
mtui_fenced() {
flock -n 8; case $? in 0) ;; 1) no=busy; return ;; *) no=flock; return ;; esac
${stands.join("\n")}
mtui_make
[ -n "$no" ] || mtui_launch
}
`,
    driver: `no=fence
if ! mtui_there "$F" || mtui_plain "$F"; then { no=; mtui_fenced; } 8>>"$F"; fi`,
  };
}
