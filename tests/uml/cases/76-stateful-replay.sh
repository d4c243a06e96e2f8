#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node: a worker that is killed costs its client a picture at most, and
# does not bring back what the client has sought away from.
# ROUNDS=N for another number of kills.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" killed seek_after_death
check replayed grep -q 'decoded [0-9]* inputs of the worker before again' "$DAEMON_LOG"
stop_daemon
check module_unloads wait_for unload_module 5
