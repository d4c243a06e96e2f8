#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The driver is unbound and bound again, the module asked to leave, processes are
# frozen and the machine suspended, all while clients play.
# ROUNDS=N for another number of times that it is unbound.
# boot: separate
# timeout: 600

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

DRIVER=/sys/bus/platform/drivers/$MODULE
FROZEN=/sys/fs/cgroup/frozen
ROUNDS=${ROUNDS:-15}
RANDOM=${SEED:-1}

# ends PID SECONDS: whether a child ends in time.
ends() {
	wait_for "! kill -0 $1 2>/dev/null" "$2"
}

# play_through NAME COMMAND...: plays while the command runs; every frame is right.
# With DEPTH pictures queued, one unless told.
play_through() {
	local name=$1 client

	shift
	start_client "$name" --depth "${DEPTH:-1}"
	client=$CLIENT_PID
	wait_for 'sessions_stream 1' 60
	"$@"
	check "$name/does_it" test $? = 0
	wait "$client"
	check "$name/bit_exact" bit_exact "$name"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
check stream make_stream 20 || exit 1

# Unbound at any moment: clients are told, the daemon waits, and both go on after.
stuck=0 unserved=0
for ((round = 0; round < ROUNDS; round++)); do
	start_client a
	first=$CLIENT_PID
	start_client b --depth 4
	second=$CLIENT_PID
	sleep "$((RANDOM % 2)).$((RANDOM % 10))"
	echo "$MODULE" >"$DRIVER/unbind"
	ends "$first" 30 || stuck=$((stuck + 1))
	ends "$second" 30 || stuck=$((stuck + 1))
	# Sometimes bound again before the daemon has noticed.
	((RANDOM % 2)) || sleep 1
	echo "$MODULE" >"$DRIVER/bind"
	wait_for daemon_serves 30 || unserved=$((unserved + 1))
done
equal unbind/clients_stuck "$stuck" 0 clients
equal unbind/not_served_again "$unserved" 0 times
check unbind/daemon_lives kill -0 "$DAEMON_PID"
run_scenarios driver_goes
check unbind/daemon_lives_on wait_for daemon_serves 30
play_through unbind true

# While anything is open the module stays; nothing is harmed by asking.
ask_to_leave() {
	local try left=0

	for try in 1 2 3 4 5 6 7 8 9 10; do
		! rmmod "$MODULE" 2>/dev/null || left=$try
	done
	return "$left"
}
play_through rmmod ask_to_leave

# freeze PID...: for two seconds, as systemd and container engines do it.
freeze() {
	local pid

	for pid; do
		echo "$pid" >"$FROZEN/cgroup.procs" || return
	done
	echo 1 >"$FROZEN/cgroup.freeze"
	wait_for "grep -q 'frozen 1' $FROZEN/cgroup.events" 10 || return
	sleep 2
	echo 0 >"$FROZEN/cgroup.freeze"
}
freeze_client() {
	freeze "$CLIENT_PID"
}
freeze_worker() {
	local workers

	mapfile -t workers < <(pgrep -x daedalus-worker)
	freeze "${workers[@]}"
}
freeze_daemon() {
	freeze "$DAEMON_PID"
}
mkdir -p "$FROZEN"
for who in client worker daemon; do
	play_through "frozen_$who" "freeze_$who"
done

# Who is killed while frozen dies, and leaves nothing.
start_client killed
wait_for 'sessions_stream 1' 60
echo "$CLIENT_PID" >"$FROZEN/cgroup.procs"
echo 1 >"$FROZEN/cgroup.freeze"
sleep 1
kill -KILL "$CLIENT_PID"
check frozen_killed/dies ends "$CLIENT_PID" 20
# shellcheck disable=SC2016 # wait_for expands it
check frozen_killed/leaves_nothing wait_for '[[ $(cat "$(module_attribute clients)") == 0 ]]' 10
echo 0 >"$FROZEN/cgroup.freeze"

# suspend LEVEL [SECONDS]: as far as that, and back after a second.
suspend() {
	echo "${2:-1}" >/sys/module/suspend/parameters/pm_test_delay
	echo "$1" >/sys/power/pm_test && echo freeze >/sys/power/state
}
for level in freezer devices; do
	play_through "suspend_$level" suspend "$level"
	play_through "suspend_twice_$level" bash -c "$(declare -f suspend); suspend $level && suspend $level"
done

stop_daemon

# What was asleep for longer than a picture may take has not been late. It may be
# that nothing is under way when the machine falls asleep.
sleep_long() {
	local time

	for time in 1 2 3 4 5 6; do
		suspend devices 4 || return
		sleep "0.$time"
	done
}
start_daemon_with JobTimeoutMs=2500 FrameDeadlineMs=2000 || exit 1
DEPTH=8 play_through slept_long sleep_long
equal slept_long/workers_replaced "$(grep -cE 'it is replaced|: killed' "$DAEMON_LOG")" 0 workers
stop_daemon
check module_unloads wait_for unload_module 10
