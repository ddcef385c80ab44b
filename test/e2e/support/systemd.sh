#!/bin/bash
# A user manager of its own for one test: started as process of the cgroup MTUI_TEST_CGROUP, ended with all that it
# started when standard input ends. Runs in a mount namespace of its own; says "ready" when the manager answers.
set -eu
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Its sign of a machine that systemd started, without which a manager does not start.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system
group=/sys/fs/cgroup/$MTUI_TEST_CGROUP
mkdir "$group"
end() {
  echo 1 >"$group/cgroup.kill"
  while grep -q "populated 1" "$group/cgroup.events"; do sleep 0.01; done
  find "$group" -depth -type d -exec rmdir {} +
}
trap end EXIT
[ -e "$group/cgroup.kill" ]
(
  echo "$BASHPID" >"$group/cgroup.procs"
  exec "$SYSTEMD" --user --unit=basic.target --log-target=null </dev/null
) &
until [ -S "$XDG_RUNTIME_DIR/systemd/private" ] && systemctl --user is-active basic.target >/dev/null; do
  kill -0 $!
  sleep 0.01
done
echo ready; disown
cat >/dev/null
