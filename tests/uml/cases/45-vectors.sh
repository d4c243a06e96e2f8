#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every H.264 conformance stream of 8-bit 4:2:0 through GStreamer, frame by
# frame as FFmpeg decodes it; field pairs through the test client as well.
# boot: players
# timeout: 700

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh

manifest=/vectors/MANIFEST.tsv
if [[ ! -e $manifest ]]; then
	result vectors - - - skip "there are no conformance streams here"
	exit
fi

# streams_with AWK-CONDITION: H.264 streams of 8-bit 4:2:0.
streams_with() {
	awk -F '\t' '$3 ~ /\.(264|h264|avc|jsv|26l|jvt|bit|bits)$/ && $5 == "yuv420p" && ('"$1"') { print "/vectors/" $3 }' "$manifest"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
mapfile -t progressive < <(streams_with '$8 !~ /interlaced/')
mapfile -t interlaced < <(streams_with '$8 ~ /interlaced/')
play_and_compare progressive h264 "${progressive[@]}"
play_and_compare interlaced h264 "${interlaced[@]}"

# Frames of two fields, held as GStreamer does and queued again as FFmpeg does.
mapfile -t fields < <(streams_with '$8 ~ /field_pics/ && $4 < 400000')
mkdir -p /tmp/fields
for stream in "${fields[@]}"; do
	name=$(basename "${stream%.*}")
	ln -s "$stream" "/tmp/fields/$name.h264"
	ffmpeg -nostdin -v error -y -i "$stream" -fps_mode passthrough -pix_fmt yuv420p \
		-f framemd5 "/tmp/fields/$name.framemd5"
done
run_scenarios --field-clips /tmp/fields 'fields_*'
stop_daemon
check module_unloads unload_module
