import { shellQuote } from "../../ssh/index.ts";
import { type FenceLocks, fenceSteps } from "../fence-script.ts";
import { lockFunctions } from "../lock-script.ts";
import type { RemotePaths } from "../remote-paths.ts";

export interface DurableScript {
  readonly nonce: string;
  readonly paths: RemotePaths;
  readonly place: DurablePlace;
  /** Where to read on, in bytes of each stream as it lies on the host. */
  readonly from: { readonly stdout: number; readonly stderr: number };
  /** Begins it, unless it has begun; without it one that has not is `absent`. */
  readonly start?: { readonly command: string; readonly fence: FenceLocks; readonly spool: number };
}

/** Whose command, on the host: `$HOME/.mtuid/<owner>/<id>.{run,out,err}`. */
export interface DurablePlace {
  readonly owner: string;
  readonly id: string;
}

/** Bytes of a reason why nothing ran: a mark is not longer than that. */
export const REASON_LIMIT = 120;

const ID = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$/;

/** It becomes a file's name. */
export function isDurableId(id: string): boolean {
  return ID.test(id);
}

/**
 * Starts a command that needs nobody, and follows it (docs/decisions/durable-commands.md). Who
 * creates `.run` has started it; whoever else comes with the same id only follows,
 * also while the one that has the fence is about to create it.
 *
 * The first follower, as the runner's parent, waits for the end at first: a short command costs no timer and no look
 * at files. `USR1` makes it look at them, ever more slowly, ten times a second in the end.
 *
 * On its streams: `go` on both (with the process to wake, if it waits), the bytes as they are on the host, `end` on both. Besides,
 * on stdout: `group` with the process group of the command, if it is at work; `tick` about once a second, by which a follower
 * whose channel is gone comes to its end, with what the pumps have written; `refused` and `absent` when nothing ran.
 */
export function durableScript({ nonce, paths, place, from, start }: DurableScript): string {
  return `{
N=${nonce} no= w= j=
trap : TERM INT HUP
trap w=1 USR1
mtui_mark() { printf '\\036%s %s\\n' "$N" "$*"; }
${durableHome(place.owner)}
R=$B/${place.id}
read -r boot </proc/sys/kernel/random/boot_id
${FOLLOW}
${start === undefined ? "" : startFunctions(paths, start)}
if [ -e "$R.run" ]; then :
else
${start === undefined ? "no=absent" : "mtui_begin"}
fi
if [ -n "$no" ]; then mtui_mark refused "$(printf '%.${REASON_LIMIT}s' "$no" | tr '\\n' ' ')"; exit 0; fi
mtui_follow ${from.stdout} ${from.stderr}
exit 0
}
`;
}

/** `$M` and `$B`: our directory in the account's home, and this daemon's in it. */
export function durableHome(owner: string): string {
  return `[ -n "\${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
M=$HOME/.mtuid B=$HOME/.mtuid/${owner}`;
}

const SWEEP_DAYS = 14;

/**
 * Removes what no session collected: of commands that have ended, unless their job is at work and will ask for them;
 * and after two weeks anything.
 */
export function sweepScript(owner: string, jobsAtWork: readonly string[]): string {
  const kept = jobsAtWork.filter(isDurableId).map((job) => `${job}.*`);
  return `${durableHome(owner)}
if [ -d "$B" ]; then
for f in "$B"/*.run; do
i=\${f##*/} i=\${i%.run}
case $i in ${kept.length === 0 ? "''" : kept.join("|")}) continue ;; esac
if grep -q '^end ' "$f"; then rm -f "$B/$i.run" "$B/$i.out" "$B/$i.err"; fi
done 2>/dev/null
find "$B" -type f -mtime +${SWEEP_DAYS} -exec rm -f {} +
fi`;
}

/**
 * What `.run` says, and following: the state is read before the bytes, so that those of an end are
 * whole. Nothing is ever written by a follower. The runner is known by pid and start time. An empty or
 * half-written \`.run\` is one whose runner has not begun; after some seconds, one that never will. The streams take turns
 * of 2 MiB: what floods one does not hold up the other.
 */
const FOLLOW = `mtui_look() {
rb= p= t= g= po= pe= x= e= rel=- wo=- we=-
[ -e "$R.run" ] || return
while read -r k a c d f z; do case $k in
boot) rb=$a ;;
run) p=$a t=$c ;;
pump) if [ "$a" = o ]; then po=$c; else pe=$c; fi ;;
go) g=$a ;;
exit) x=$a wo=$c we=$d ;;
end) [ "$f" != . ] || { e=$x rel=$a; } ;;
esac; done <"$R.run"
}
mtui_stat() { s= u=; { read -r z z s z z z z z z z z z z z z z z z z z z u z <"/proc/$1/stat"; } 2>/dev/null; }
mtui_runs() {
[ -e "$R.run" ] || return
[ "$rb" = "$boot" ] || [ -z "$rb" ] || return
if [ -z "$p" ]; then [ $i -lt 60 ]; return; fi
mtui_stat "$p" && [ "$u" = "$t" ] && [ "$s" != Z ]
}
mtui_wrote() { k= v=-; { read -r k v; read -r k v; } <"/proc/$1/io"; } 2>/dev/null
mtui_at() { k= v=-; { read -r k v <"/proc/self/fdinfo/$1"; } 2>/dev/null; }
mtui_copy() {
mtui_at "$1"; z=$v
if [ "$z" = - ]; then cat <&"$1"; return; fi
dd bs=65536 count=32 <&"$1" 2>/dev/null || return
mtui_at "$1"
[ $((v - z)) -lt 2097152 ] || more=1
}
mtui_follow() {
exec 3<"$R.out" 4<"$R.err"
[ "$1" = 0 ] || dd bs=1 count=0 "skip=$1" <&3 >/dev/null 2>&1
[ "$2" = 0 ] || dd bs=1 count=0 "skip=$2" <&4 >/dev/null 2>&1
mtui_mark go "$j"; mtui_mark go >&2
if [ -n "$j" ]; then [ -n "$w" ] || wait "$l"; w=; fi
i=0 y=0.02 said= q=
while :; do
mtui_look
if [ -z "$e" ] && ! mtui_runs; then
mtui_look
if [ -z "$e" ]; then if [ "$rb" = "$boot" ] || [ -z "$rb" ]; then q=runner; else q=boot; fi; fi
fi
if [ -n "$g" ] && [ -z "$said$e$q" ]; then said=1; mtui_mark group "$g"; fi
more=
if [ -s "$R.out" ]; then mtui_copy 3 || exit; fi
if [ -s "$R.err" ]; then mtui_copy 4 >&2 || exit; fi
[ -z "$more" ] || continue
if [ -n "$e$q" ]; then break; fi
if [ -n "$w" ]; then w=; else sleep $y >/dev/null 2>&1 & wait $!; fi
i=$((i + 1))
case $i in 2) y=0.05 ;; 4) y=0.07 ;; *0) mtui_wrote "$po"; z=$v; mtui_wrote "$pe"; mtui_mark tick "$z" "$v" ;; esac
done
mtui_mark end "\${q:-$e}" "$rel" "$wo" "$we"; mtui_mark end >&2
}`;

/**
 * The runner, in its own process under the fence, with three more: the body, which is the command's parent and has its
 * status, and a pump for each stream. The command writes into pipes, as it would without us; what comes out
 * of them is in the files at once. A pump counts what it read even where the file takes no more: beyond the bound, or
 * on a full disk (its \`wchar\`: the file's bytes and as many as it read, less its own line in \`.run\`). When it has ended, the pumps have written everything that it wrote as soon as they sleep,
 * because a pipe's reader sleeps only on an empty pipe; what it left behind may hold the pipes open, and is not waited for.
 *
 * What the shell itself would say of a command that was killed is no output of the command.
 *
 * The command leads a session of its own: ending its group does not touch those who report its end.
 *
 * Nobody waits for ever for what stands in files: somebody may remove them, and a full disk takes no line.
 */
function startFunctions(
  paths: RemotePaths,
  { command, fence, spool }: NonNullable<DurableScript["start"]>,
): string {
  const { definitions, driver } = fenceSteps(paths, fence);
  return `${lockFunctions(paths)}${definitions}
mtui_pump() {
trap '' TERM INT HUP 25; ulimit -f ${Math.ceil(spool / 512)}
read -r z y </proc/self/stat
printf 'pump %s %s\\n' "$1" "$z" >>"$R.run"
exec tee -a "$2" >/dev/null 2</dev/null
}
mtui_drained() {
i=0 v=-
[ -n "$1" ] || return
while mtui_stat "$1" && [ "$s" != S ] && [ "$s" != Z ]; do
i=$((i + 1)); [ $i -lt 100 ] || sleep 0.02
done
mtui_wrote "$1"
[ "$v" = - ] || v=$((v - 8 - \${#1}))
}
mtui_body() {
trap : TERM INT HUP
if command -v setsid >/dev/null; then
setsid "\${SHELL:-/bin/sh}" -c ${shellQuote(command)} </dev/null & g=$!
printf 'go %s\\n' "$g" >>"$R.run"
else
"\${SHELL:-/bin/sh}" -c ${shellQuote(command)} </dev/null & g=$!
printf 'go 0\\n' >>"$R.run"
fi
exec 2>/dev/null
wait $g; xx=$?
while [ $xx -gt 128 ] && kill -0 $g 2>/dev/null; do wait $g; xx=$?; done
po= pe= i=0
while { [ -z "$po" ] || [ -z "$pe" ]; } && [ -e "$R.run" ] && [ $i -lt 300 ]; do
mtui_look; i=$((i + 1)); [ $i -lt 100 ] || sleep 0.02
done
mtui_drained "$po" 2>/dev/null; wo=$v
mtui_drained "$pe" 2>/dev/null; we=$v
printf 'exit %s %s %s\\n' "$xx" "$wo" "$we" >>"$R.run"
kill -PIPE "$pe" 2>/dev/null
}
mtui_runner() {
trap : TERM INT HUP
mtui_stat self
read -r p z </proc/self/stat
printf 'run %s %s\\n' "$p" "$u" >>"$R.run"
{ mtui_body 2>&1 >&5 5>&- 8>&- 9>&- | mtui_pump e "$R.err" 5>&- 8>&- 9>&-; } >/dev/null
rel=-
mtui_give
exec 8>&-
until [ ! -e "$R.run" ] || printf 'end %s - - .\\n' "$rel" >>"$R.run"; do sleep 1; done 2>/dev/null
read -r z z z z k </proc/self/stat
[ "$z" != "$$" ] || kill -USR1 $$
mtui_look; kill -PIPE "$po"
}
mtui_launch() {
mtui_runner 5>&1 2>/dev/null </dev/null | mtui_pump o "$R.out" 2>/dev/null 8>&- 9>&- &
l=$! j=$$
}
mtui_begin() {
${driver}
i=0
while [ "$no" = busy ] && [ ! -e "$R.run" ] && [ $i -lt 10 ]; do sleep 0.05; i=$((i + 1)); done
if [ -n "$no" ] && [ -e "$R.run" ]; then no=; fi
}
mtui_make() {
if [ -L "$M" ] || [ -L "$B" ]; then no="home $B is not a directory of ours"; return; fi
[ -d "$B" ] || mkdir -p -m 700 "$M" "$B" 2>/dev/null
set -C
if { true >"$R.run"; } 2>/dev/null; then
set +C
{ printf 'boot %s\\n' "$boot" >>"$R.run" && true >"$R.out" && true >"$R.err"; } 2>/dev/null && return
no="home $({ printf '%200s' x | cat >>"$R.run" && true >"$R.err"; } 2>&1)"
rm -f "$R.run" "$R.out" "$R.err"
return
fi
set +C
[ ! -e "$R.run" ] || { no=there; return; }
no="home $({ mkdir -p "$B" && true >"$R.run"; } 2>&1)"
}`;
}
