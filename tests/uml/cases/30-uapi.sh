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
	undecoded_references all_controls every_clip 'timestamps_*' 'seek_*' 'resize*' 'import_*' 'damage_*'
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
