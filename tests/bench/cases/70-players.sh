#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Players with the module's decoders against the same players with libavcodec, in
# User-Mode Linux: the way through module, daemon and player. GStreamer's
# v4l2slh264dec against avdec_h264 and videoconvert to NV12, and FFmpeg's
# h264_v4l2m2m on the stateful node against its own decoder, both planar. In a kernel
# without the checks, with which a system call costs ten times as much. Ratios of
# the same machine and nothing more: a system call there costs microseconds still,
# and there is one processor.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

TURNS=${TURNS:-5}

# compare_player PLAYER BAR UNIT
compare_player() {
	local player=$1 bar=$2 unit=$3 name=$1/h264 log=$BUILD_DIR/bench/$1.log

	if [[ ! $machine ]]; then
		result "$name" - "$unit" "$bar" skip "needs root and the test machine that tests/run uml makes"
	elif ! quietly "$log" "$SOURCE_DIR/tests/uml/boot" --no-leak-scan --timeout 900 --name "bench-$player" -- \
		tests/bench/guest/play.sh "$player" "${LONG/$BUILD_DIR/\/build}" "$TURNS"; then
		result "$name" - "$unit" "$bar" fail "see $log"
	else
		sed -n 's/^TURN\t//p' "$BUILD_DIR/uml/logs/bench-$player.out" >"$SCRATCH/turns"
		at_least "$name" "$(awk -F '\t' '{ print $2 / $1 }' "$SCRATCH/turns" | middle)" "$bar" "$unit"
	fi
}

clip=$(clip h264 1920x1080)
LONG=$CLIPS/h264-1920x1080-long
cat "$clip" "$clip" "$clip" "$clip" >"$LONG.h264"
# ffmpeg reads a container faster than a bare stream, which it has to cut. Long: in User-Mode Linux
# the first touch of each page of twenty buffers takes as long as a hundred pictures.
quietly "$CLIPS/ffmpeg.log" ffmpeg -nostdin -v error -y -stream_loop 19 -i "$clip.mkv" -c copy "$LONG.mkv"
machine=''
if ((EUID == 0)) && compgen -G "$CACHE_DIR/tree/trixie-*/usr/bin" >/dev/null; then
	machine=yes
	"$SOURCE_DIR/tests/uml/build" userspace
	export UML_KERNEL=plain
	"$SOURCE_DIR/tests/uml/build" module
fi
compare_player gstreamer 0.9 "of avdec_h264's"
compare_player ffmpeg 0.95 "of ffmpeg's own"
