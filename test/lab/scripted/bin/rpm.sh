#!/bin/bash
# Stand-in for rpm on scripted hosts: `rpm -q [--queryformat F] NAME...`, whatever F is.
installed=$MTUI_LAB_ROOT/var/lib/lab-packages
[ "${1-}" = -q ] || { echo "rpm (lab stand-in): only -q is understood" >&2; exit 1; }
shift
case ${1-} in --queryformat | --qf) shift 2 ;; esac
missing=0
for name; do
  if ! grep "^$name " "$installed"; then
    echo "package $name is not installed"
    missing=$((missing + 1))
  fi
done
exit "$missing"
