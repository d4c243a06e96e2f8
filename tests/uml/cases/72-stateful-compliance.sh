#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# v4l2-compliance with streaming on the stateful node: no failures, no warnings.
# Its deadlines of one and two seconds are for hardware.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/compliance.sh

PRELOAD=$CLIENT_BUILD/tests/support/preload/libdaedalus-coded-format.so
PRELOAD+=:$CLIENT_BUILD/tests/support/preload/libdaedalus-patience.so

# streaming NAME FOURCC STREAM OPTION...
streaming() {
	local report=/results/compliance-streaming-$1.txt waits=/results/compliance-streaming-$1-waits.txt longest

	python3 /src/tests/uml/lib/v4l2-hdr.py "$3" "/tmp/$1.hdr"
	PATIENCE=10 CODED_FORMAT=$2 LD_PRELOAD=$PRELOAD \
		v4l2-compliance -d "$(stateful_node)" "${@:4}" --stream-from-hdr "/tmp/$1.hdr" >"$report" 2>"$waits"
	judge_compliance "$1" "$report"
	longest=$(sed -n 's/^patience: longest wait \([0-9]*\) ms$/\1/p' "$waits" | sort -n | tail -n 1)
	result "$1_longest_wait" "$longest" ms - "$([[ $longest ]] && echo pass || echo fail)"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
streaming h264 H264 "$CLIPS/gop.h264" -s20
streaming h264_720x576 H264 "$CLIPS/size_720x576.h264" -s5
# It seeks and goes on in the file where it was, so there must be key frames.
for codec in vp8:VP80:libvpx vp9:VP90:libvpx-vp9; do
	IFS=: read -r codec fourcc encoder <<<"$codec"
	ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=320x180:rate=25 -frames:v 40 \
		-pix_fmt yuv420p -c:v "$encoder" -g 4 -deadline realtime "/tmp/$codec.ivf"
	streaming "$codec" "$fourcc" "/tmp/$codec.ivf" -s20
done
stop_daemon
check module_unloads unload_module
