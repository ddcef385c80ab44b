import { shellQuote } from "./quote.ts";

/**
 * Shell text around a command that only reads. It marks the start on both streams, runs the command with its
 * own login shell as `ssh host command` does, and then says its exit status.
 *
 * The whole is one compound command: a link that breaks while it is sent starts nothing. `trap :`
 * lets the shell outlive a TERM to its group, so that it still reports; the command's own processes
 * get the default action back.
 */
export function commandScript(command: string, { nonce }: { nonce: string }): string {
  return `{
N=${nonce}
trap : TERM INT HUP
mtui_mark() { printf '\\036%s %s\\n' "$N" "$*"; }
kill -0 -$$ 2>/dev/null && g=$$ || g=0
mtui_mark go $g; mtui_mark go >&2
"\${SHELL:-/bin/sh}" -c ${shellQuote(command)} </dev/null
mtui_mark end $?; mtui_mark end >&2
exit 0
}
`;
}

/** A longer one would not fit in one argument of `execve` on Linux (128 KiB). */
export const MAX_COMMAND_BYTES = 120 * 1024;
