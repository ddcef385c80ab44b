#!/bin/bash
# Makes the layer that hosts of one product share: the skeleton files and an rpm database with the
# baseline packages. Runs once per layer in a mount namespace of its own; UPPER becomes the layer.
set -eu
umask 022
. "$INSIDE/mounts.sh"
mount_root
mkdir -p "$ROOT/run/rpms" "$ROOT/run/skeleton"
mount --bind "$RPMS" "$ROOT/run/rpms"
mount --bind "$SKELETON" "$ROOT/run/skeleton"
# Inside, so that no link of the carrying machine (reboot -> /bin/systemctl) leads a write out of the layer; and
# through the overlay, so that the directories hide what that machine has there. Of what is copied, a link is
# replaced and not followed, and without -p directories that exist keep their own modes.
chroot "$ROOT" /bin/sh -eu -c '
  for d in zypp products.d ssh profile.d rpm; do rm -rf "/etc/$d"; mkdir -p "/etc/$d"; done
  for d in lib/rpm lib/zypp cache/zypp; do rm -rf "/var/$d"; mkdir -p "/var/$d"; done
  cp -RP --remove-destination /run/skeleton/. /'
# Debian's rpm complains in each transaction that Debian has another one.
if chroot "$ROOT" rpm --help | grep -q -- --force-debian; then
  printf 'rpm alias -U --upgrade --force-debian\nrpm alias -i --install --force-debian\n' |
    chroot "$ROOT" /bin/sh -c 'rm -f /etc/popt && exec cat >/etc/popt'
fi
chroot "$ROOT" rpm --initdb
if [ $# -gt 0 ]; then
  chroot "$ROOT" /bin/sh -c 'cd /run/rpms && exec rpm -U --nosignature --nodeps "$@"' sh "$@"
fi
