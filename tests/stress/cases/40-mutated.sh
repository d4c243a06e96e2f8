#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Streams that have been made wrong, through the device: a twentieth of STREAMS, for
# a session costs half a second here. The suite gives the rest to the same workers
# on its own machine.
# boot: separate
# timeout: 300 + STREAMS / 12

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/stress/lib/leftovers.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
warm_up
remember "$DAEMON_PID"
daemon=$DAEMON_PID
run_scenarios --streams $((STREAMS / 20)) --seed "$SEED" mutated
check daemon_lives kill -0 "$daemon"
equal workers_died "$(grep -cE 'worker .* (killed|was stopped by its sandbox)' "$DAEMON_LOG")" 0 workers
compare "$daemon"
run_scenarios depth_4 clients_2
stop_daemon
check module_unloads unload_module
