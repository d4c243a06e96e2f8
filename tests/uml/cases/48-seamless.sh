#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon is killed and restarted while eight clients play, under a service
# manager that keeps its files: no frame is lost, the next daemon knows the
# sessions, and when the service is stopped no worker stays.
# RESTARTS=N for another number.
# boot: torture
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

manager=''
start_service() {
	python3 /src/tests/uml/lib/service_manager.py "$DAEMON" "--config=$1" >>"$DAEMON_LOG" 2>&1 &
	manager=$!
	wait_for daemon_serves 20
}

check module_loads load_module || exit 1
write_sessions_conf JobTimeoutMs=20000 FrameDeadlineMs=15000
start_service "$SESSIONS_CONF"
equal service_starts "$?" 0 status || exit 1
run_scenarios --restarts "${RESTARTS:-40}" --seed "${SEED:-1}" restarted_daemon

# One daemon hands a session over to the next: it is older than the daemon.
"$CLIENT" run --clips "$CLIPS" --restarts 3 --players 1 --seed 2 restarted_daemon >/tmp/one-player 2>&1 &
player=$!
wait_for 'daedalusctl --json sessions | jq -e ".sessions | length > 0"' 20
wait "$player"
cat /tmp/one-player
check goes_on_with_workers grep -q 'goes on with [1-9][0-9]* sessions and [1-9][0-9]* workers' "$DAEMON_LOG"
check not_replayed bash -c "! grep -q 'worker .* killed' '$DAEMON_LOG'"

# A session that streams on, and a worker that sleeps, when the service ends.
"$CLIENT" run --clips "$CLIPS" --restarts 0 --players 2 restarted_daemon >/tmp/last-players 2>&1 &
last=$!
# shellcheck disable=SC2016 # wait_for expands it
wait_for '[[ $(cat "$(module_attribute sessions)") -ge 1 ]]' 20
sleep 0.5
# One that decodes: others wait for a session, and end with whom they wait for.
find /proc/[0-9]*/fd -lname 'anon_inode:*daedalus-session*' 2>/dev/null | head -n 1 | cut -d/ -f3 | xargs -r kill -STOP
kill -TERM "$manager"
wait "$manager"
check workers_end wait_for '! pgrep -x daedalus-worker' 5
kill -KILL "$last" 2>/dev/null
pkill -KILL -f daedalus-test-client
wait "$last" 2>/dev/null
check module_unloads wait_for unload_module 5
