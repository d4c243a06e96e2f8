#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# v4l2-compliance with both nodes, with and without a daemon: no failures, no
# warnings.
# timeout: 200

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/compliance.sh

# compliance NAME OPTION...
compliance() {
	local report=/results/compliance-$1.txt

	v4l2-compliance "${@:2}" >"$report" 2>&1
	judge_compliance "$1" "$report"
	result "$1_tests" "$(tail -n 1 "$report" | sed -n 's/.*Total.*: \([0-9]*\), Succeeded.*/\1/p')" tests - pass
}

# number NODE
number() {
	echo "${1#/dev/video}"
}

check module_loads load_module || exit 1
equal stateful_number "$(number "$(stateful_node)")" 10
check stateless_number_is_higher test "$(number "$(video_node)")" -gt "$(number "$(stateful_node)")"
compliance without_daemon -d "$(video_node)" -m "$(media_node)"
compliance stateful_without_daemon -d "$(stateful_node)"
start_patient_daemon || exit 1
compliance with_daemon -d "$(video_node)" -m "$(media_node)"
compliance stateful_with_daemon -d "$(stateful_node)"
stop_daemon
check module_unloads unload_module
