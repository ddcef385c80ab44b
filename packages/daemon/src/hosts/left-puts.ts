/** What is older was left when its host was lost, and nobody comes back for it. */
const LEFT_DAYS = 7;

/**
 * Removes what a `put` left whose host went down in the middle (docs/formats/host-transfers.md, "put"): its pieces in
 * the account's own directory, and the copy beside the file's place, of which a note there says where it is. Nothing of
 * another account has a note there, and nothing but a copy is removed, whatever a note says.
 */
export function sweepPutsScript(): string {
  return `(
[ -n "\${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
m=$HOME/.mtuid
[ -d "$m" ] && [ ! -L "$m" ] || exit 0
find "$m" -maxdepth 1 -type f -name 'put.*.at' -mtime +${LEFT_DAYS} -exec sh -c 'for a; do
n=\${a##*/put.} n=\${n%.at}
if IFS= read -r p <"$a"; then case $p in /*/.mtui-put."$n"|/.mtui-put."$n") rm -f "$p" ;; esac; fi
done' sh {} +
find "$m" -maxdepth 1 -type f -name 'put.*' -mtime +${LEFT_DAYS} -exec rm -f {} +
) >/dev/null 2>&1`;
}
