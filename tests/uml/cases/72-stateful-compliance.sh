#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# v4l2-compliance with streaming on the stateful node: no failures, no warnings.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

# streaming NAME STREAM OPTION...
streaming() {
	local report=/results/compliance-streaming-$1.txt total

	python3 /src/tests/uml/lib/v4l2-hdr.py "$2" "/tmp/$1.hdr"
	v4l2-compliance -d "$(stateful_node)" "${@:3}" --stream-from-hdr "/tmp/$1.hdr" >"$report" 2>&1
	total=$(tail -n 1 "$report")
	equal "$1_failures" "$(sed -n 's/.*Failed: \([0-9]*\).*/\1/p' <<<"$total")" 0 tests
	equal "$1_warnings" "$(sed -n 's/.*Warnings: \([0-9]*\).*/\1/p' <<<"$total")" 0 warnings
	tr '\r' '\n' <"$report" | grep -E 'fail|warn' || true
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
streaming h264 "$CLIPS/gop.h264" -s20
streaming h264_720x576 "$CLIPS/size_720x576.h264" -s5
stop_daemon
check module_unloads unload_module
