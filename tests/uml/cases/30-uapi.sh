#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client that uses the uAPI directly, against the module and the daemon:
# pipelining, timestamps, seeks, resizes, imported memory, damaged requests.
# timeout: 400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
run_scenarios 'controls_*' 'buffers_*' 'request_*' 'blocking_*' 'depth_*' sixteen_references \
	undecoded_references all_controls every_clip 'timestamps_*' 'seek_*' 'resize*' 'damage_*' \
	import_system_heap import_udmabuf import_output import_too_small import_exchanged \
	import_replaced_by_nothing import_replaced_in_request import_shorter_than_said \
	import_still_written import_huge
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
# Who has to be waited for is waited for less long.
start_daemon_with JobTimeoutMs=4000 FrameDeadlineMs=3000 || exit 1
run_scenarios import_written_too_late
stop_daemon
check module_unloads unload_module
