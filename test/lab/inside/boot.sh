#!/bin/bash
# First process of a host: runs in new mount, pid, uts and ipc namespaces, builds the root, turns into
# init.sh there. SHARE is the one directory that host and lab both see (/run/lab inside).
set -eu
umask 022
. "$SHARE/inside/mounts.sh"
# Repositories outlive a change of snapshot, as /etc does on SL Micro.
private_directories="$private_directories etc/zypp/repos.d"
mount_root
mkdir "$ROOT/run/lab"
mount --bind "$SHARE" "$ROOT/run/lab"
if [ -n "$TRANSACTIONAL" ]; then
  # What transactional-update makes its snapshots on.
  mkdir -m 700 "$ROOT/run/lab-lower"
  mount --bind -o ro / "$ROOT/run/lab-lower"
fi
if [ -e "$SHARE/no-perl" ]; then mount --bind /dev/null "$ROOT/usr/bin/perl"; fi
# A reboot is proven by this file alone, so each boot brings its own.
mount --bind "$SHARE/boot_id" "$ROOT/proc/sys/kernel/random/boot_id"
hostname "$NAME"
cd "$ROOT"
mkdir -p run/oldroot
pivot_root . run/oldroot
umount -l /run/oldroot
rmdir /run/oldroot
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  SSHD="$SSHD" /bin/bash /run/lab/inside/init.sh
