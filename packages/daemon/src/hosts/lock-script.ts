import { LOCK_FILE_LIMIT } from "@mtui/core/domain";
import { shellQuote } from "../ssh/index.ts";
import { fencePath, guardPath, type RemotePaths } from "./remote-paths.ts";

/** One byte more than a lock file may have, so that a longer one shows. */
export const READ_LIMIT = LOCK_FILE_LIMIT + 1;

/** Seconds to wait for the guard: its holders need milliseconds. */
export const GUARD_SECONDS = 5;

/**
 * The lock protocol as POSIX shell functions (docs/formats/locks.md, "Compare and swap"). Each leaves
 * its result in `$r`. Everything that decides and changes does both while the guard is held, and a
 * file is replaced or removed only while it has exactly the expected bytes, compared as hexadecimal
 * text because a shell cannot hold a NUL.
 *
 * `mtui_ours` compares with text of our own, of one line without an end, and starts no program: a
 * process costs more than everything else in a step, and the fence and the release after a command
 * are where it counts. The nonce in the text makes a false match impossible. The time may be another
 * one: renewing changes it, perhaps while the script is on its way.
 *
 * Creating is a hard link from a private file: other mtuis do not know the guard, and `link` is the
 * one step that fails if they were faster and never shows them half a line.
 */
export function lockFunctions(paths: RemotePaths): string {
  return `D=${shellQuote(paths.lockDir)}
G=${shellQuote(guardPath(paths))}
F=${shellQuote(fencePath(paths))}
mtui_there() { [ -e "$1" ] || [ -L "$1" ]; }
mtui_plain() { [ -f "$1" ] && [ ! -L "$1" ]; }
mtui_hex() { set -- $(od -An -v -tx1 -N ${READ_LIMIT} "$1" 2>/dev/null); h="$*"; }
mtui_same() { mtui_plain "$1" && mtui_hex "$1" && [ -n "$h" ] && { [ "$h" = "$2" ] || [ "$h" = "$3" ]; }; }
mtui_guarded() {
r=
if mtui_there "$G" && ! mtui_plain "$G"; then r="error $G is not a plain file"; return; fi
{ if flock -w ${GUARD_SECONDS} 9; then "$@"; elif [ $? = 1 ]; then r="error $G is busy"; else r="error flock (util-linux) cannot be run"; fi; } 2>/dev/null 9>>"$G" || :
[ -n "$r" ] || r="error $({ : >>"$G"; } 2>&1)"
}
mtui_ours() {
mtui_plain "$1" || return; l=; IFS= read -r l <"$1" && return 1
[ "\${#l}" -le ${READ_LIMIT} ] && [ "\${l#*:}" = "\${2#*:}" ] && case \${l%%:*} in '' | *[!0-9]*) false ;; esac
}
mtui_drop() {
if ! mtui_there "$2"; then r=absent
elif "$1" "$2" "$3" "$4"; then rm -f "$2" \${5:+"$5"} && r=released || r="error cannot remove $2"
else r=foreign; fi
}
`;
}

/**
 * A private file that is still there is removed before it is written anew: it may be the lock file
 * itself under its first name, which must never be seen empty.
 *
 * What only the control shell needs: reading, taking, and giving back while nothing is at work. The fence
 * stays locked, shared, until the file is gone: a command that begins now finds one or the other.
 */
export function takeFunctions(): string {
  return `mtui_idle() {
if mtui_there "$F" && ! mtui_plain "$F"; then "$@"; return; fi
{ if flock -n -s 8; then "$@"; else r="error a command that began under it is still at work"; fi; } 8>>"$F" || :
[ -n "$r" ] || r="error $F cannot be opened"
}
mtui_why() { r="error $( { : >>"$1" && printf %s "$2" | cat >"$1"; } 2>&1 )"; }
mtui_write() {
if mtui_there "$1"; then rm -f "$1"; fi
{ printf %s "$2" >"$1"; } && [ -s "$1" ] && return 0
mtui_why "$1" "$2"; rm -f "$1"; return 1
}
mtui_take() {
if mtui_there "$1"; then
if ! mtui_plain "$1"; then r=odd; return; fi
if [ ! -s "$1" ]; then [ "$4" = empty ] || { r=empty; return; }
elif [ -z "$4" ] || ! mtui_same "$1" "$4"; then r=exists; return; fi
mtui_write "$2" "$3" || return
if mv -f "$2" "$1"; then r=taken; else r="error cannot replace $1"; rm -f "$2"; fi
return
fi
if [ "$5" = must ]; then r=exists; return; fi
mtui_write "$2" "$3" || return
if ln "$2" "$1"; then r=taken; return; fi
if mtui_there "$1"; then r=exists; else r="error cannot create $1"; fi
}
mtui_read() {
if mtui_there "$1"; then
if ! mtui_plain "$1"; then printf 'odd\\n'; return 0; fi
printf 'file %s\\n' "$(date +%s)"; head -c ${READ_LIMIT} "$1"; return
fi
if e=$(ls -d "$1" 2>&1); then printf 'again\\n'; return 0; fi
case $e in *'No such file or directory'*) printf 'absent\\n' ;; *) printf 'error %s\\n' "$e" ;; esac
}
`;
}

/** The control shell's first words: a known environment, and the functions. */
export function controlPreamble(paths: RemotePaths): string {
  return `PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C; export PATH LC_ALL; umask 022; cd /
${lockFunctions(paths)}${takeFunctions()}`;
}

/** `od`'s text of some bytes, as the functions compare it; only what a read would have seen. */
export function hexWords(bytes: Buffer): string {
  return [...bytes.subarray(0, READ_LIMIT)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
