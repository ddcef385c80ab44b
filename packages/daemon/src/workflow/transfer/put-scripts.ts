import { sweepPutsScript } from "../../hosts/index.ts";
import type { RemotePath } from "./remote-path.ts";

/** Bytes of a file in one command; as base64 they fit in an argument, with room for the script. */
export const PIECE_BYTES = 64 * 1024;

/** Where a file is put together: nobody but the account looks in there. */
const stage = (id: string): string => `[ -n "\${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
m=$HOME/.mtuid f=$HOME/.mtuid/put.${id}
a=$f.at
umask 077`;

/** Where the finished file is checked, beside its place. */
const beside = (id: string, path: RemotePath): string => `t=${quoted(path.text)} d=${quoted(path.directory)}
n=\${d%/}/.mtui-put.${id}`;

/** Adds a piece to the file in the making. The first one begins it. */
export function stageScript({ id, part, first }: { id: string; part: Buffer; first: boolean }): string {
  const begin = `[ ! -L "$m" ] || { echo "$m is a link" >&2; exit 1; }
mkdir -p -m 700 "$m" && rm -f "$f" || exit 1
${sweepPutsScript()}
set -C; : >"$f" || exit 1; set +C`;
  return `${stage(id)}
${first ? begin : ""}
base64 -d >>"$f" <<'E'
${part.toString("base64")}
E`;
}

/**
 * Puts the finished file in its place: a copy beside it, checked by its hash, then one rename. A link or what is no
 * file is never replaced. Owner and mode stay as they were, unless a mode is wanted; so do ACL and extended attributes
 * where the host can copy them. Where the copy lies is noted first, for whoever sweeps after a host that went down.
 */
export function commitScript({
  id,
  path,
  sha256,
  mode,
}: {
  id: string;
  path: RemotePath;
  sha256: string;
  mode: string | undefined;
}): string {
  return `${stage(id)}
${beside(id, path)}
trap 'rm -f "$n"; rm -f "$f" "$a"' EXIT
trap 'exit 143' TERM INT HUP
[ ! -L "$t" ] || exit 70
[ ! -e "$t" ] || [ -f "$t" ] || exit 71
[ -d "$d" ] || exit 72
rm -f "$n" && printf '%s\\n' "$n" >"$a" || exit 1
set -C; cat "$f" >"$n" || exit 1; set +C
s=$(sha256sum <"$n") || exit 1
[ "\${s%% *}" = ${sha256} ] || { echo "it arrived damaged" >&2; exit 1; }
if [ -e "$t" ]; then o=replaced
chown --reference="$t" "$n" || exit 1
cp -T --attributes-only --preserve=all --no-preserve=timestamps,links "$t" "$n" 2>/dev/null
chmod --reference="$t" "$n" || exit 1
else o=created; chmod 0644 "$n" || exit 1; fi
${mode === undefined ? "" : `chmod ${mode} "$n" || exit 1`}
sync "$n" 2>/dev/null || sync
mv -fT "$n" "$t" || exit 1
if command -v restorecon >/dev/null 2>&1; then restorecon "$t" 2>/dev/null; fi
echo "$o"`;
}

/** What a last step that was killed left goes, too. */
export function discardScript(id: string, path: RemotePath): string {
  return `${stage(id)}
${beside(id, path)}
rm -f "$n"; rm -f "$f" "$a"`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
