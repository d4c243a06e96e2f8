#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The broken streams of others' fuzzers (ROBUST-* of /vectors) through GStreamer:
# nothing dies but a player, nothing is left, and what comes after is right.
# boot: separate
# timeout: 1800

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/players.sh
. /src/tests/stress/lib/leftovers.sh

python3 /src/tests/stress/lib/robust_list.py /tmp/robust 40 >/tmp/robust.list
streams=$(wc -l </tmp/robust.list)
if ((streams == 0)); then
	result streams 0 streams - skip "there are no test vectors"
	exit 0
fi
check module_loads load_module || exit 1
start_patient_daemon || exit 1
few_plugins
warm_up
remember "$DAEMON_PID"
daemon=$DAEMON_PID
"$PLAYER" --patience 15 /tmp/robust.list >/results/robust.answers
equal player "$?" 0 status
# What a player says may have lines of its own.
equal answers "$(grep -c $'\t' /results/robust.answers)" "$streams" streams
check daemon_lives kill -0 "$daemon"
compare "$daemon"
run_scenarios depth_4 clients_2
stop_daemon
check module_unloads unload_module
