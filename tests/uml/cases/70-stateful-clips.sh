#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node: clips of libx264 through FFmpeg's h264_v4l2m2m and
# GStreamer's v4l2h264dec, frame by frame as FFmpeg's own decoder shows them.
# boot: stateful
# timeout: 700

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
play_and_compare gstreamer stateful-h264 "$CLIPS"/*.h264
ffmpeg_and_compare ffmpeg h264_v4l2m2m "$CLIPS"/*.h264
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
