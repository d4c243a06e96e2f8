#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Inside the test machine: a player plays a clip with the module's decoder and with
# libavcodec, in turns. Prints a line for each turn: milliseconds that the one and
# the other took.
#
#	play.sh gstreamer|ffmpeg CLIP TURNS
#
# CLIP.h264 and CLIP.mkv are the same.

# shellcheck source=tests/uml/lib/guest.sh
. /src/tests/uml/lib/guest.sh

# play_gstreamer ELEMENT...: milliseconds from the first picture to the last;
# starting the program is not in it.
play_gstreamer() {
	local output

	output=$(gst-launch-1.0 filesrc location="$CLIP.h264" ! h264parse ! "$@" ! fakesink sync=false 2>&1) ||
		{ echo "$output" >&2; return 1; }
	sed -n 's/^Execution ended after \([0-9]*\):\([0-9]*\):\([0-9.]*\)$/\1 \2 \3/p' <<<"$output" |
		awk '{ printf "%d", 1000 * (3600 * $1 + 60 * $2 + $3) }'
}

# play_ffmpeg OPTION...: the same, of the decoder.
play_ffmpeg() {
	local output

	output=$(ffmpeg -nostdin -v info -benchmark "$@" -i "$CLIP.mkv" -pix_fmt yuv420p -f null - 2>&1) ||
		{ echo "$output" >&2; return 1; }
	sed -n 's/^bench:.*rtime=\([0-9.]*\)s$/\1/p' <<<"$output" | awk '{ printf "%d", 1000 * $1 }'
}

PLAYER=$1 CLIP=$2 TURNS=$3
case $PLAYER in
gstreamer)
	hardware=(v4l2slh264dec ! 'video/x-raw,format=NV12')
	software=(avdec_h264 max-threads=1 ! videoconvert ! 'video/x-raw,format=NV12')
	;;
ffmpeg)
	hardware=(-c:v h264_v4l2m2m)
	software=(-threads 1)
	;;
esac
# shellcheck disable=SC2119 # no arguments of ours
load_module && start_daemon || exit 1
"play_$PLAYER" "${hardware[@]}" >/dev/null && "play_$PLAYER" "${software[@]}" >/dev/null || exit 1
for ((turn = 1; turn <= TURNS; turn++)); do
	if ((turn % 2)); then
		a=$("play_$PLAYER" "${hardware[@]}") && b=$("play_$PLAYER" "${software[@]}") || exit 1
	else
		b=$("play_$PLAYER" "${software[@]}") && a=$("play_$PLAYER" "${hardware[@]}") || exit 1
	fi
	printf 'TURN\t%s\t%s\n' "$a" "$b"
done
# shellcheck disable=SC2119
stop_daemon
