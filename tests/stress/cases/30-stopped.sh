#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Workers and the supervisor are stopped (SIGSTOP) for up to twice the time that a
# request may take, under four clients: each request is answered in that time.
# ROUNDS=N for another number of stops.
# boot: separate
# timeout: 500

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/stress/lib/leftovers.sh

check module_loads load_module || exit 1
start_daemon_with JobTimeoutMs=1900 FrameDeadlineMs=1700 WorkerDeaths=1000 || exit 1
warm_up
remember "$DAEMON_PID"
run_scenarios --deadline-ms 1900 --rounds "${ROUNDS:-60}" --seed "$SEED" stopped
check daemon_lives kill -0 "$DAEMON_PID"
compare "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
