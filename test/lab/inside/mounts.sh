# Sourced by boot.sh and bake.sh: put a host's root together at $ROOT, inside a private mount namespace.
#   UPPER, WORK, ROOT, DATA  directories of this host (or of the layer that is being baked)

# Directories that are the host's own: nothing of the carrying machine shows through, and they are not
# part of a snapshot.
private_directories="root home srv var/log var/tmp"

mount_root() {
  mount -t overlay overlay -o "lowerdir=/,upperdir=$UPPER,workdir=$WORK" "$ROOT"
  # An overlay shows one file system. Where /usr or /var is a file system of its own it would be missing; it gets an
  # overlay as well: nothing that a host does there may reach the carrying machine.
  for d in usr usr/local var opt; do
    mountpoint -q "/$d" || continue
    mkdir -p "$UPPER/$d" "$WORK/of-${d//\//-}"
    mount -t overlay overlay -o "lowerdir=/$d,upperdir=$UPPER/$d,workdir=$WORK/of-${d//\//-}" "$ROOT/$d"
  done
  for d in $private_directories; do
    mkdir -p "$DATA/$d" "$ROOT/$d"
    mount --bind "$DATA/$d" "$ROOT/$d"
  done
  chmod 700 "$DATA/root"
  mount -t proc proc "$ROOT/proc"
  mount --rbind /dev "$ROOT/dev"
  mount -t tmpfs -o mode=755,size=64m tmpfs "$ROOT/run"
  mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
  mkdir -p "$ROOT/run/sshd"
  # SUSE's /var/lock is /run/lock on a tmpfs: a reboot empties it.
  mkdir -m 1777 "$ROOT/run/lock"
}
