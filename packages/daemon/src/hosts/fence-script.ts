import { shellQuote } from "../ssh/index.ts";
import { lockFunctions } from "./lock-script.ts";
import { lockPath, type RemotePaths, temporaryPath } from "./remote-paths.ts";
import type { HeldLock } from "./session.ts";

/**
 * The driver of a changing command: a kernel lock on the fence file for as long as the command runs,
 * and inside it the look whether the operation lock still has our bytes. The command does not inherit
 * the descriptor (`mtui_work` closes it), so a service that it starts does not keep the host fenced.
 * Reasons why nothing ran: `busy`, `gone`, `fence`.
 */
export function fenceDriver(
  paths: RemotePaths,
  options: { lock: HeldLock; release: boolean },
): { definitions: string; driver: string } {
  const file = shellQuote(lockPath(paths, "operation"));
  const text = shellQuote(options.lock.bytes);
  const temporary = shellQuote(temporaryPath(paths, options.lock.nonce));
  const release = options.release
    ? `mtui_guarded mtui_drop mtui_ours ${file} ${text} - ${temporary}; rel=\${r%% *}`
    : ":";
  return {
    definitions: `${lockFunctions(paths)}mtui_fenced() {
if ! flock -n 8; then no=busy; return; fi
if ! mtui_ours ${file} ${text}; then no=gone; return; fi
mtui_work
${release}
}
`,
    driver: `no=fence
if ! mtui_there "$F" || mtui_plain "$F"; then { no=; mtui_fenced; } 8>>"$F"; fi`,
  };
}
