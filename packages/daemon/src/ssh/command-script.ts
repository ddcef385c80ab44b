import { shellQuote } from "./quote.ts";

/**
 * Shell text around a command. `mtui_work` marks the start on both streams, runs the command with its
 * own login shell as `ssh host command` does, and leaves the exit status in `$x`. Descriptors 8 and 9
 * are locks of ours, which a service that the command leaves behind must not inherit.
 *
 * The whole is one compound command: a link that breaks while it is sent starts nothing. `trap :`
 * lets the shell outlive a TERM to its group, so that it still reports; the command's own processes
 * get the default action back.
 */
export function commandScript(
  command: string,
  options: { nonce: string; definitions?: string; driver?: string },
): string {
  return `{
N=${options.nonce} x=- rel=- no=
trap : TERM INT HUP
mtui_mark() { printf '\\036%s %s\\n' "$N" "$*"; }
mtui_work() {
kill -0 -$$ 2>/dev/null && g=$$ || g=0
mtui_mark go $g; mtui_mark go >&2
"\${SHELL:-/bin/sh}" -c ${shellQuote(command)} </dev/null 8>&- 9>&-
x=$?
}
${options.definitions ?? ""}
${options.driver ?? "mtui_work"}
if [ -n "$no" ]; then mtui_mark refused "$no"; else mtui_mark end $x $rel; mtui_mark end >&2; fi
exit 0
}
`;
}

/** A longer one would not fit in one argument of `execve` on Linux (128 KiB). */
export const MAX_COMMAND_BYTES = 120 * 1024;
