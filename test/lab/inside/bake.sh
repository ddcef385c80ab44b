#!/bin/bash
# Makes the layer that hosts of one product share: the skeleton files and an rpm database with the
# baseline packages. Runs once per layer in a mount namespace of its own; UPPER becomes the layer.
set -eu
umask 022
. "$INSIDE/mounts.sh"
mount_root
# Through the overlay, so that the directories hide what the carrying machine has there.
for d in etc/zypp etc/products.d etc/ssh etc/profile.d etc/rpm var/lib/rpm var/lib/zypp var/cache/zypp; do
  rm -rf "${ROOT:?}/$d"
  mkdir -p "$ROOT/$d"
done
# Without -p: directories that exist keep their own modes.
cp -RP "$SKELETON/." "$ROOT/"
# Debian's rpm complains in each transaction that Debian has another one.
if chroot "$ROOT" rpm --help | grep -q -- --force-debian; then
  printf 'rpm alias -U --upgrade --force-debian\nrpm alias -i --install --force-debian\n' >"$ROOT/etc/popt"
fi
mkdir -p "$ROOT/run/rpms"
mount --bind "$RPMS" "$ROOT/run/rpms"
chroot "$ROOT" /bin/sh -c 'rpm --initdb && cd /run/rpms && exec rpm -U --nosignature --nodeps "$@"' sh "$@"
