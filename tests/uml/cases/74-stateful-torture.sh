#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Workers and the daemon are killed and stopped while clients of the stateful node
# stream: they get errors or fewer frames, but never wait for ever.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
# Long enough for three workers to start at once, or a calm play loses its beginning.
start_patient_daemon 2 || exit 1
touch /tmp/survive
pids=()
for name in 1 2 3; do
	python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" survive >"/tmp/survive-$name" 2>&1 &
	pids+=($!)
done
RANDOM=${SEED:-1}
for ((round = 0; round < ${ROUNDS:-25}; round++)); do
	# A play takes a second or two; some must be left alone.
	sleep "$((RANDOM % 3)).$((RANDOM % 9 + 1))"
	worker=$(pgrep -x daedalus-worker | shuf -n 1 --random-source=<(yes "$round"))
	case $((RANDOM % 5)) in
	0 | 1) kill -KILL "$worker" 2>/dev/null ;;
	2) kill -STOP "$worker" 2>/dev/null ;;
	3) kill -SEGV "$worker" 2>/dev/null ;;
	4)
		stop_daemon KILL
		start_daemon --config="$SESSIONS_CONF" >/dev/null || result daemon_restarts "$round" round - fail
		;;
	esac
done
# A worker that sleeps on after its daemon's death would hold its session for
# ever; systemd kills them with the unit.
pkill -KILL -x daedalus-worker
sleep 3
rm /tmp/survive
for name in 1 2 3; do
	wait "${pids[name - 1]}"
	equal "client_$name" "$?" 0 status
	sed "s/^RESULT survive/RESULT survive_$name/" "/tmp/survive-$name"
done
stop_daemon
start_patient_daemon || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" chromium
stop_daemon
check module_unloads wait_for unload_module 5
