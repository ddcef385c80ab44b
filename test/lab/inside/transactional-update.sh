#!/bin/bash
# Stand-in for transactional-update on SL Micro hosts of the lab. As the real one it changes a new
# snapshot and never the running system; the next boot makes the newest snapshot the system. A snapshot
# is a copy of the host's overlay. Not modelled: rollback, btrfs, merging of /etc (only the repositories
# are shared between snapshots), a read-only running root.
set -u
usage() { echo "transactional-update (lab stand-in): not understood: $*" >&2; exit 1; }
keep=
while [ $# -gt 0 ]; do
  case $1 in
    -n | --non-interactive | -q | --quiet | -v | --drop-if-no-change) shift ;;
    -c | --continue) keep=yes; shift ;;
    *) break ;;
  esac
done
case ${1-} in
  pkg | package) shift
    case ${1-} in
      in | install) shift; set -- zypper -n install "$@" ;;
      rm | remove) shift; set -- zypper -n remove "$@" ;;
      up | update) shift; set -- zypper -n update "$@" ;;
      *) usage "$@" ;;
    esac ;;
  run) shift; [ $# -gt 0 ] || usage run ;;
  up | dup | patch) set -- zypper -n "$@" ;;
  reboot) exec systemctl reboot ;;
  *) usage "$@" ;;
esac
snapshots=/run/lab/snapshots
exec 9>$snapshots/lock
flock -n 9 || { echo "Couldn't get lock, is another instance already running?" >&2; exit 1; }
running=$(cat $snapshots/running)
next=$(cat $snapshots/default)
last=$(cat $snapshots/last)
number=$((last + 1))
# --continue goes on from the snapshot that waits for its boot, everything else from the running one.
if [ -n "$keep" ]; then from=$next; else from=$running; fi
new=$snapshots/$number
mkdir -p "$new/work"
cp -a "$snapshots/$from/upper" "$new/upper"
root=/run/snapshot-$number
mkdir -p "$root"
mount -t overlay overlay -o "lowerdir=/run/lab-lower,upperdir=$new/upper,workdir=$new/work" "$root" || exit 1
for d in proc dev run tmp root var/log var/tmp etc/zypp/repos.d; do mount --rbind "/$d" "$root/$d"; done
echo "transactional-update (lab stand-in) started"
chroot "$root" "$@" 9>&-
status=$?
umount -R -l "$root"
rmdir "$root"
# zypper's 100 to 103 are information; 104 to 107 are not a success of an installation.
case $status in
  0 | 100 | 101 | 102 | 103)
    echo "$number" >$snapshots/last
    echo "$number" >$snapshots/default
    echo "Please reboot your machine to activate the changes and avoid data loss."
    echo "New default snapshot is #$number (/.snapshots/$number/snapshot)."
    exit 0 ;;
  *)
    echo "ERROR: $1 on /.snapshots/$number/snapshot failed with exit code $status!" >&2
    echo "Removing snapshot #$number..."
    rm -rf "$new"
    exit 1 ;;
esac
