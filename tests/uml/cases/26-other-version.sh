#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A daemon of another protocol version is refused with one log line that names
# both versions; it ends and says what to do. Clients fail promptly meanwhile.
# timeout: 60

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

OTHER_DAEMON=$CLIENT_BUILD/tests/client/daedalusd-other-proto
other=4711

check module_loads load_module || exit 1
ours=$(cat "$(module_attribute proto_version)")
dmesg --clear

status=0
timeout 20 "$OTHER_DAEMON" >"$DAEMON_LOG" 2>&1 || status=$?
result other_daemon_ends "$status" status '1..123' \
	"$( ((status > 0 && status < 124)) && echo pass || echo fail)" "$(tail -n 1 "$DAEMON_LOG")"
lines=$(dmesg | grep -c 'protocol')
equal kernel_log_lines "$lines" 1 lines || dmesg
check kernel_names_both bash -c "dmesg | grep protocol | grep -w $other | grep -w $ours"
check daemon_names_both bash -c "grep -w $other '$DAEMON_LOG' | grep -w $ours"
equal daemon_attached "$(cat "$(module_attribute daemon_attached)")" 0
run_scenarios 'absent_*'

# The right one is served afterwards.
start_patient_daemon
run_scenarios depth_1
stop_daemon
check module_unloads unload_module
