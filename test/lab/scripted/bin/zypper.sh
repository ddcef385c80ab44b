#!/bin/bash
# Stand-in for zypper on scripted hosts: just the calls that validating an update makes, on text files.
# No dependencies, no downloads, no signatures; versions are ordered as `sort -V` does.
installed=$MTUI_LAB_ROOT/var/lib/lab-packages
repos=$MTUI_LAB_ROOT/etc/zypp/repos.d
export LC_ALL=C
fail() { echo "$2" >&2; exit "$1"; }
# Serialised as by zypper's own lock, and refused in the same words.
exec 7>"$MTUI_LAB_ROOT/run/zypp.lock"
flock -n 7 || fail 7 "System management is locked by the application with pid 1 (zypper)."

url_of() { sed -n 's/^baseurl=//p' "$repos/$1.repo"; }
aliases() { for f in "$repos"/*.repo; do [ -e "$f" ] && basename "$f" .repo; done; }
content() { cat "$MTUI_LAB_WWW/${1#"$MTUI_LAB_URL"}/lab-repository" 2>/dev/null; }
# alias, name, version, seconds of every package on offer
offers() { aliases | while read -r a; do content "$(url_of "$a")" | sed -n "s|^package |$a |p"; done; }
version_of() { sed -n "s/^$1 //p" "$installed"; }
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
newest() { offers | awk -v n="$1" '$2 == n { print $3 }' | sort -V | tail -n 1; }
put() {
  echo "Installing: $1-$2.noarch [..done]"
  sleep "$(offers | awk -v n="$1" -v v="$2" '$2 == n && $3 == v { print $4; exit }')"
  { grep -v "^$1 " "$installed"; echo "$1 $2"; } >"$installed.new"
  mv "$installed.new" "$installed"
}
patch_state() {
  local state="not needed" name version have
  while read -r _ name version _; do
    have=$(version_of "$name")
    [ -n "$have" ] || continue
    if older "$have" "$version"; then echo needed; return; fi
    state=applied
  done < <(content "$1" | grep '^package ')
  echo "$state"
}
install_patch() {
  local a name version
  for a in $(aliases); do
    content "$(url_of "$a")" | grep -q "^patch $1 " || continue
    while read -r _ name version _; do
      if [ -n "$(version_of "$name")" ] && older "$(version_of "$name")" "$version"; then put "$name" "$version"; fi
    done < <(content "$(url_of "$a")" | grep '^package ')
    return 0
  done
  fail 104 "'patch:$1' not found."
}

while [ "${1#-}" != "${1-}" ]; do shift; done
command=${1-}
shift
case $command in
  lr)
    echo "# | Alias | Name | Enabled | GPG Check | Refresh | Priority | URI"
    echo "--+-------+------+---------+-----------+---------+----------+----"
    aliases | while read -r a; do echo "1 | $a | $a | Yes | No | No | 99 | $(url_of "$a")"; done ;;
  ar)
    [ $# -eq 4 ] || fail 2 "ar FLAGS NAME URL ALIAS"
    [ ! -e "$repos/$4.repo" ] || fail 4 "Repository named '$4' already exists."
    [ -n "$(content "$3")" ] || fail 4 "Repository '$4' is invalid."
    printf '[%s]\nbaseurl=%s\n' "$4" "$3" >"$repos/$4.repo"
    echo "Repository '$4' successfully added" ;;
  rr)
    for a in $(aliases); do
      if [ "$a" = "$1" ] || [ "$(url_of "$a")" = "$1" ]; then rm "$repos/$a.repo"; echo "Repository '$a' has been removed."; exit 0; fi
    done
    echo "Repository '$1' not found by alias, number or URI." ;;
  ref | refresh) echo "All repositories have been refreshed." ;;
  patches)
    echo "Repository | Name | Category | Severity | Interactive | Status | Summary"
    echo "-----------+------+----------+----------+-------------+--------+--------"
    for a in $(aliases); do
      content "$(url_of "$a")" | grep '^patch ' | while read -r _ id category severity; do
        echo "$a | $id | $category | $severity | --- | $(patch_state "$(url_of "$a")") | Update"
      done
    done ;;
  se)
    found=
    echo "S | Name | Type | Version | Arch | Repository"
    echo "--+------+------+---------+------+-----------"
    for name; do
      case $name in -*) continue ;; package) continue ;; esac
      while read -r a n version _; do
        [ "$n" = "$name" ] || continue
        found=yes
        if [ "$(version_of "$n")" = "$version" ]; then mark=i; elif [ -n "$(version_of "$n")" ]; then mark=v; else mark=' '; fi
        echo "$mark | $n | package | $version | noarch | $a"
      done < <(offers)
    done
    [ -n "$found" ] || fail 104 "No matching items found." ;;
  in | install)
    kind=package names=()
    while [ $# -gt 0 ]; do
      case $1 in -t) kind=$2; shift ;; -*) ;; *) names+=("$1") ;; esac
      shift
    done
    if [ "$kind" = patch ]; then
      for id in "${names[@]}"; do install_patch "$id"; done
      exit 0
    fi
    for each in "${names[@]}"; do
      wanted=${each#*=} name=${each%%=*}
      [ "$wanted" != "$each" ] || wanted=$(newest "$name")
      [ -n "$wanted" ] && offers | awk -v n="$name" -v v="$wanted" '$2 == n && $3 == v { f = 1 } END { exit !f }' ||
        fail 104 "No provider of '$each' found."
    done
    for each in "${names[@]}"; do
      wanted=${each#*=} name=${each%%=*} have=$(version_of "${each%%=*}")
      if [ "$wanted" = "$each" ]; then
        wanted=$(newest "$name")
        if [ -n "$have" ] && ! older "$have" "$wanted"; then echo "'$name' is already installed."; continue; fi
      fi
      [ "$have" = "$wanted" ] || put "$name" "$wanted"
    done ;;
  rm)
    for name; do
      [ -n "$(version_of "$name")" ] || { echo "'$name' not found in package names."; exit 104; }
    done
    for name; do
      grep -v "^$name " "$installed" >"$installed.new"
      mv "$installed.new" "$installed"
    done ;;
  *) fail 2 "zypper (lab stand-in): unknown command '$command'" ;;
esac
