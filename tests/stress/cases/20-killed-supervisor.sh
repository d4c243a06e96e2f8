#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The supervisor is killed and restarted RESTARTS times under eight clients, with a
# service manager that keeps its files: no frame is lost, none is wrong.
# boot: separate
# timeout: 180 + RESTARTS * 8

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/stress/lib/leftovers.sh

check module_loads load_module || exit 1
write_sessions_conf JobTimeoutMs=20000 FrameDeadlineMs=15000
python3 /src/tests/uml/lib/service_manager.py "$DAEMON" --config="$SESSIONS_CONF" >>"$DAEMON_LOG" 2>&1 &
manager=$!
wait_for daemon_serves 20
equal service_starts "$?" 0 status || exit 1
warm_up
remember "$manager"
run_scenarios --restarts "$RESTARTS" --players 8 --seed "$SEED" restarted_daemon
check no_worker_killed bash -c "! grep -q 'worker .* killed' '$DAEMON_LOG'"
compare "$manager"
kill -TERM "$manager"
wait "$manager"
check module_unloads wait_for unload_module 10
