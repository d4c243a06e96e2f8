#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gst-launch plays streams of several sizes as one. The sink keeps the last
# picture that it got, so old buffers are alive when the size changes.
# boot: players
# timeout: 240

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
few_plugins
# GStreamer gives up after a second; the first worker is the slow one.
run_scenarios depth_1
for clip in gop tiny other_size size_130x70 refs16 size_16x16 tiny; do
	cat "$CLIPS/$clip.h264" >>/tmp/stream
	echo "size_change/$clip $CLIPS/$clip.h264 $CLIPS/$clip.framemd5" >>/tmp/list
done
# By default the sink keeps pictures until it has 64 KiB to write, which is more of
# these small ones than the decoder has buffers: then both wait for ever.
check gst_launch timeout 60 gst-launch-1.0 -q filesrc location=/tmp/stream ! h264parse ! \
	v4l2slh264dec ! video/x-raw,format=NV12 ! filesink buffer-mode=unbuffered location=/tmp/raw
"$CLIENT" compare --list /tmp/list /tmp/raw ||
	result size_change - frames - fail "the frames differ from FFmpeg's, or there are others"
stop_daemon
check module_unloads unload_module
