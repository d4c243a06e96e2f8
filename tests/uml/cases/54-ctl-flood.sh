#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Ten thousand connections with random bytes, half messages and clients that
# never read, against the daemon while it decodes: decode goes on bit-exact,
# nothing leaks, and the socket answers, in the middle of it too.
# boot: ctl
# timeout: 600

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

CONNECTIONS=10000

descriptors() {
	find "/proc/$DAEMON_PID/fd" -mindepth 1 | wc -l
}
resident_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON_PID/status"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
check stream make_stream 10 || exit 1
wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 0 ]]" 20
sleep 2
fds_before=$(descriptors)
memory_before=$(resident_kib)

start_client 0
check session_streams wait_for 'sessions_stream 1' 60
python3 /src/tests/uml/lib/flood.py "$SOCKET" $CONNECTIONS >"/results/$CASE-flood.txt" 2>&1 &
flood=$!
# Who only asks has answers all the while.
while kill -0 $flood 2>/dev/null; do
	sleep 1
	daedalusctl sessions --timeout 20000 >>"/results/$CASE-answers.txt" 2>&1
	echo $?
done >/tmp/answers &
asking=$!
# One client after the other for as long as it lasts.
played=0 exact=0
while ((played == 0)) || kill -0 $flood 2>/dev/null; do
	((played == 0)) || start_client 0
	wait "$CLIENT_PID"
	played=$((played + 1))
	! bit_exact 0 || exact=$((exact + 1))
done
wait $flood
equal flood_status "$?" 0 status
cat "/results/$CASE-flood.txt"
equal connections "$(sed -n 's/^\([0-9]*\) connections:.*/\1/p' "/results/$CASE-flood.txt")" $CONNECTIONS connections
check daemon_lives kill -0 "$DAEMON_PID"
wait $asking
equal answered_meanwhile "$(grep -c '^0$' /tmp/answers)" "$(wc -l </tmp/answers)" calls
check socket_answers wait_for 'daedalusctl sessions --timeout 20000' 20
equal plays_bit_exact "$exact" "$played" plays

wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 0 ]]" 20
sleep 3
fds=$(descriptors)
# A worker that is kept ready for the next session has some.
if ((fds <= fds_before + 8)); then
	result descriptors_left "$fds" fds $((fds_before + 8)) pass
else
	result descriptors_left "$fds" fds $((fds_before + 8)) fail
fi
memory=$(resident_kib)
# The allocator keeps some; a leak of ten thousand connections is far more.
if ((memory <= memory_before + 4096)); then
	result memory_grown $((memory - memory_before)) KiB 4096 pass
else
	result memory_grown $((memory - memory_before)) KiB 4096 fail
fi
stop_daemon
check module_unloads unload_module
