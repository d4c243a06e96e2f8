#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# GStreamer with v4l2slh264dec against avdec_h264 and videoconvert to NV12, in
# User-Mode Linux: the way through module, daemon and player. A ratio of the same
# machine and nothing more: a system call there costs tens of microseconds, and
# there is one processor.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"
# shellcheck source=tests/bench/tree.sh
. "$SOURCE_DIR/tests/bench/tree.sh"

TURNS=${TURNS:-5}
LONG=$CLIPS/h264-1920x1080-long.h264

if ((EUID != 0)) || ! compgen -G "$CACHE_DIR/tree/trixie-*/usr/bin" >/dev/null; then
	result gstreamer/h264 - "of avdec_h264's" 0.9 skip "needs root and the test machine that tests/run uml makes"
	exit
fi
"$SOURCE_DIR/tests/uml/build"
clip=$(clip h264 1920x1080)
cat "$clip" "$clip" "$clip" "$clip" >"$LONG"
if ! quietly "$BUILD_DIR/bench/gstreamer.log" "$SOURCE_DIR/tests/uml/boot" --no-leak-scan --timeout 300 \
	--name bench-gstreamer -- tests/bench/guest/play.sh "${LONG/$BUILD_DIR/\/build}" "$TURNS"; then
	result gstreamer/h264 - "of avdec_h264's" 0.9 fail "see $BUILD_DIR/bench/gstreamer.log"
	exit
fi
sed -n 's/^TURN\t//p' "$BUILD_DIR/uml/logs/bench-gstreamer.out" >"$SCRATCH/turns"
at_least gstreamer/h264 "$(awk -F '\t' '{ print $2 / $1 }' "$SCRATCH/turns" | middle)" 0.9 "of avdec_h264's"
