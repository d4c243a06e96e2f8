#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node: VP8, VP9 and MPEG-2 through FFmpeg's clients and GStreamer's,
# frame by frame as FFmpeg's own decoders show them; sizes that change.
# boot: stateful
# timeout: 400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

# mpeg2_clip NAME OPTION...: FFmpeg's encoder needs no library, so it is here.
mpeg2_clip() {
	ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=176x144:rate=25 -frames:v 24 \
		-pix_fmt yuv420p -c:v mpeg2video -b:v 500k "${@:2}" "/tmp/mpeg2/$1.m2v"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1

mkdir -p /tmp/mpeg2
mpeg2_clip progressive -bf 2
mpeg2_clip interlaced -bf 2 -flags +ilme+ildct
mpeg2_clip intra -g 1
ffmpeg_and_compare ffmpeg mpeg2_v4l2m2m /tmp/mpeg2/*.m2v
play_and_compare gstreamer stateful-mpeg2 /tmp/mpeg2/*.m2v

# The size changes in mid-stream: what was shown before comes out first.
cat "$CLIPS"/{gop,tiny,other_size,size_130x70,tiny}.h264 >/tmp/sizes.h264
play_and_compare gstreamer stateful-h264 /tmp/sizes.h264

if [[ ! -e /vectors/MANIFEST.tsv ]]; then
	result vectors - - - skip "there are no conformance streams here"
	exit
fi
# smallest COUNT PATTERN: that many of the streams, the smallest ones.
smallest() {
	find /vectors/ -type f -size -600k -path "$2" -printf '%s %p\n' | sort -n | head -n "$1" | cut -d' ' -f2-
}
mapfile -t vp8 < <(smallest 6 '*/VP8-TEST-VECTORS/*.ivf')
mapfile -t vp9 < <(
	smallest 8 '*/VP9-TEST-VECTORS/*.webm'
	smallest 2 '*/VP9-TEST-VECTORS/*resize*.webm'
	smallest 1 '*/VP9-TEST-VECTORS/*show-existing*.webm'
	smallest 1 '*/VP9-TEST-VECTORS/*intra-only*.webm'
)
play_and_compare gstreamer stateful-vp8 "${vp8[@]}"
ffmpeg_and_compare ffmpeg vp8_v4l2m2m "${vp8[@]}"
play_and_compare gstreamer stateful-vp9 "${vp9[@]}"
# FFmpeg's client waits for its own last frame to be let go when the size changes,
# which ffmpeg, the program, does not do before the next one comes.
mapfile -t vp9 < <(printf '%s\n' "${vp9[@]}" | grep -v resize)
ffmpeg_and_compare ffmpeg vp9_v4l2m2m "${vp9[@]}"
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
