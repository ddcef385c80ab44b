#!/bin/bash
# Records what happens to mtui's lock files and to the issue repositories of this host. It knows
# nothing of any daemon: it reads the kernel's notices, the files, and the kernel's list of flocks.
# One line an event: epoch, event, path, first line of the file or the flock holders; tab separated.
# Content is read right after the notice (about 0.2 ms), so a file that lives shorter shows as "-".
locks=/run/lock repos=/etc/zypp/repos.d out=/run/lab/events
# /proc/locks shows a host the locks of its own processes alone. No fork anywhere in the loop: sixteen
# observers share the machine with what they observe.
flock_holders() {
  local kind mode pid place
  content='held by'
  while read -r _ kind _ mode pid place _; do
    if [ "$kind" = FLOCK ]; then content="$content $mode:$pid:${place##*:}"; fi
  done </proc/locks
}
printf '%s\tBOOT\t/\t-\n' "$EPOCHREALTIME" >>"$out"
inotifywait -m -e open,close,create,delete,move --format '%e %w%f' "$locks" "$repos" 2>&1 |
  while read -r event path; do
    name=${path##*/}
    case $event in
      Watches) : >/run/lab/observing; continue ;;
      Setting) continue ;;
    esac
    content=-
    case $path in
      $locks/mtui.lock | $locks/mtui-pool.lock | $repos/issue-*)
        case $event in
          CREATE | CLOSE_WRITE* | MOVED_TO)
            { IFS= read -r -n 4096 content <"$path"; } 2>/dev/null || content=${content:--}
            [ "$repos" = "${path%/*}" ] && content=- ;;
          DELETE | MOVED_FROM) ;;
          *) continue ;;
        esac ;;
      $locks/*mtui*)
        case $event in OPEN | CLOSE_*) flock_holders "$path" ;; esac ;;
      *) continue ;;
    esac
    printf '%s\t%s\t%s\t%s\n' "$EPOCHREALTIME" "$event" "$path" "${content//$'\t'/ }" >>"$out"
  done
