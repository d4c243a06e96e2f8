#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node: VP8, VP9, MPEG-2, MPEG-4 and H.263 through FFmpeg's clients and GStreamer's,
# frame by frame as FFmpeg's own decoders show them; sizes that change.
# boot: stateful
# timeout: 400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

# clip FILE OPTION...: FFmpeg's own encoders need no library, so they are here. A
# file that is named .m4v would be an MP4, whose headers FFmpeg's client keeps.
clip() {
	mkdir -p "${1%/*}"
	ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=176x144:rate=25 -frames:v 24 \
		-pix_fmt yuv420p -b:v 500k "${@:2}" "$1"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1

clip /tmp/mpeg2/progressive.m2v -c:v mpeg2video -bf 2
clip /tmp/mpeg2/interlaced.m2v -c:v mpeg2video -bf 2 -flags +ilme+ildct
clip /tmp/mpeg2/intra.m2v -c:v mpeg2video -g 1
ffmpeg_and_compare ffmpeg mpeg2_v4l2m2m /tmp/mpeg2/*.m2v
play_and_compare gstreamer stateful-mpeg2 /tmp/mpeg2/*.m2v

clip /tmp/mpeg4/simple.m4v -c:v mpeg4 -f m4v
clip /tmp/mpeg4/anamorphic.m4v -c:v mpeg4 -f m4v -vf setsar=12/11
clip /tmp/mpeg4/b_frames.m4v -c:v mpeg4 -f m4v -bf 2
clip /tmp/mpeg4/qpel_interlaced.m4v -c:v mpeg4 -f m4v -bf 2 -flags +qpel+ilme+ildct -mpeg_quant 1
clip /tmp/mpeg4/data_partitioned.m4v -c:v mpeg4 -f m4v -data_partitioning 1 -ps 300
clip /tmp/h263/baseline.h263 -c:v h263
ffmpeg_and_compare ffmpeg mpeg4_v4l2m2m /tmp/mpeg4/*.m4v
ffmpeg_and_compare ffmpeg h263_v4l2m2m /tmp/h263/*.h263
play_and_compare gstreamer stateful-mpeg4 /tmp/mpeg4/*.m4v
play_and_compare gstreamer stateful-h263 /tmp/h263/*.h263

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
