#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# KILLS workers are killed at any moment under eight clients: each costs a frame at
# most, every other frame is right, and nothing is left behind.
# boot: separate
# timeout: 120 + KILLS * 6

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/stress/lib/leftovers.sh

check module_loads load_module || exit 1
# Sessions whose workers die all the time are what is wanted here.
start_daemon_with JobTimeoutMs=20000 FrameDeadlineMs=15000 WorkerDeaths=1000 || exit 1
warm_up
remember "$DAEMON_PID"
run_scenarios --kills "$KILLS" --players 8 --seed "$SEED" killed_workers
result lost_two_workers "$(cat "$(module_attribute counters/error_worker_died)")" jobs - pass
check daemon_lives kill -0 "$DAEMON_PID"
compare "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
