#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Clips of libx264 through GStreamer's v4l2slh264dec, frame by frame as FFmpeg
# decodes them: Baseline to High, B pyramids, 16 references, slices, weighted
# prediction, intra refresh, MBAFF, odd sizes, 16x16 to 1920x1088.
# boot: players
# timeout: 400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
play_and_compare clip h264 "$CLIPS"/*.h264
stop_daemon
check module_unloads unload_module
