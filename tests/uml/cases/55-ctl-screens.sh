#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The screens that a person sees, taken from a terminal of 80 columns and 24
# lines: docs/daedalusctl.md shows them. Keys do what the help says.
# boot: ctl
# timeout: 180

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh
export LC_ALL=C.UTF-8 TERM=xterm-256color

# screen NAME COMMAND [KEY...]: the command in a terminal; then the keys.
screen() {
	local name=$1 command=$2 key

	shift 2
	tmux -f /dev/null new-session -d -x 80 -y 24 -s "$name" "$command; sleep 60"
	sleep 3
	for key; do
		tmux send-keys -t "$name" "$key"
		sleep 2
	done
	# With what has scrolled off.
	tmux capture-pane -p -S - -t "$name" >"/results/$CASE-$name.txt"
	tmux kill-session -t "$name"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
check stream make_stream 30 || exit 1
touch /tmp/play
for name in 0 1 2; do
	while [[ -e /tmp/play ]]; do
		"$CLIENT" decode --order decoding "$STREAM" >/dev/null 2>&1
	done &
done
# The server of tmux must not end between two screens.
tmux -f /dev/null new-session -d -s base 'sleep 600'
check sessions_stream wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 3 ]]" 60
screen status 'daedalusctl status'
screen sessions 'daedalusctl sessions'
screen stats 'daedalusctl stats'
screen watch 'daedalusctl watch'
screen watch-sorted 'daedalusctl watch' s s
screen watch-quit 'daedalusctl watch; echo left with $?' q
screen doctor 'daedalusctl doctor'
check status_shown grep -q '  state: ' "/results/$CASE-status.txt"
check sessions_shown grep -q 'CLIENT' "/results/$CASE-sessions.txt"
check watch_shows_sessions grep -q 'DECODE TIME' "/results/$CASE-watch.txt"
check watch_shows_bars grep -q '[▁▂▃▄▅▆▇█]' "/results/$CASE-watch.txt"
check watch_sorts grep -q 's sort (p99' "/results/$CASE-watch-sorted.txt"
check watch_quits grep -q 'left with 0' "/results/$CASE-watch-quit.txt"
check doctor_shown grep -q ' passed, ' "/results/$CASE-doctor.txt"
rm /tmp/play
tmux kill-server
wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 0 ]]" 60
stop_daemon
check module_unloads unload_module
