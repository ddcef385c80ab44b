#!/bin/sh
echo "A scripted host of the lab cannot reboot." >&2
exit 1
