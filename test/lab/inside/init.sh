#!/bin/bash
# Process 1 of a host. Exit status tells the lab what to do next: 42 reboot, 43 stay off.
# Ending process 1 ends every other process of the host, as a power cut would.
trap 'next=42; stop=yes' INT
trap 'next=43; stop=yes' TERM
stop= next=43
if [ -e /run/lab/no-observer ]; then
  : >/run/lab/observing
else
  /bin/bash /run/lab/inside/observer.sh </dev/null >>/run/lab/observer.log 2>&1 &
fi
until [ -e /run/lab/observing ] || [ -n "$stop" ]; do sleep 0.01; done
[ -e /run/lab/no-sshd ] || "$SSHD" -D -f /run/lab/sshd_config -E /var/log/sshd.log </dev/null &
# `wait` also reaps the orphans that commands leave behind.
sleep infinity &
keeper=$!
while [ -z "$stop" ]; do wait "$keeper"; done
# Let the command that asked for the reboot report its own exit status, as systemd does.
sleep 0.2
exit "$next"
