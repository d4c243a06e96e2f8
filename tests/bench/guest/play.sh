#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Inside the test machine: GStreamer plays a clip with the module's decoder and
# with libavcodec, in turns. Prints a line for each turn: milliseconds that the
# one and the other took.
#
#	play.sh CLIP TURNS

# shellcheck source=tests/uml/lib/guest.sh
. /src/tests/uml/lib/guest.sh

# play ELEMENT...: milliseconds from the first picture to the last; starting the
# program is not in it.
play() {
	local output

	output=$(gst-launch-1.0 filesrc location="$CLIP" ! h264parse ! "$@" ! fakesink sync=false 2>&1) ||
		{ echo "$output" >&2; return 1; }
	sed -n 's/^Execution ended after \([0-9]*\):\([0-9]*\):\([0-9.]*\)$/\1 \2 \3/p' <<<"$output" |
		awk '{ printf "%d", 1000 * (3600 * $1 + 60 * $2 + $3) }'
}

CLIP=$1 TURNS=$2
hardware=(v4l2slh264dec ! 'video/x-raw,format=NV12')
software=(avdec_h264 max-threads=1 ! videoconvert ! 'video/x-raw,format=NV12')
# shellcheck disable=SC2119 # no arguments of ours
load_module && start_daemon || exit 1
play "${hardware[@]}" >/dev/null && play "${software[@]}" >/dev/null || exit 1
for ((turn = 1; turn <= TURNS; turn++)); do
	if ((turn % 2)); then
		a=$(play "${hardware[@]}") && b=$(play "${software[@]}") || exit 1
	else
		b=$(play "${software[@]}") && a=$(play "${hardware[@]}") || exit 1
	fi
	printf 'TURN\t%s\t%s\n' "$a" "$b"
done
# shellcheck disable=SC2119
stop_daemon
