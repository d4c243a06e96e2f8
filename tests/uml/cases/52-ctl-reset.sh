#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Reset ends the jobs of what it names with errors to that client, which does
# not hang; all others stay bit-exact. Who may not, may not.
# boot: ctl
# left-out: a fast machine may have no job in flight whenever the reset comes
# timeout: 240

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
check stream make_stream 8 || exit 1

# as_user GROUPS COMMAND...: an ordinary user with these supplementary groups.
as_user() {
	local groups=$1

	shift
	setpriv --reuid 1000 --regid 1000 --groups "$groups" "$@"
}

pids=()
for name in 0 1 2; do
	start_client "$name"
	pids+=("$CLIENT_PID")
done
check sessions_stream wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 3 ]]" 60
victim=$(session_of "${pids[0]}")
check victim_is_found test -n "$victim"

ended=0
for ((i = 0; i < 10; i++)); do
	canceled=$(daedalusctl reset session "$victim" --json --timeout 20000 | jq .canceled)
	((ended += ${canceled:-0}))
	sleep 0.1
done
if ((ended > 0)); then
	result jobs_ended "$ended" jobs 1 pass
else
	result jobs_ended "$ended" jobs 1 fail "reset session ended nothing"
fi
wait_for "! kill -0 ${pids[0]}" 60
check victim_does_not_hang bash -c "! kill -0 ${pids[0]} 2>/dev/null"
wait "${pids[@]}" 2>/dev/null
check others_bit_exact_1 bit_exact 1
check others_bit_exact_2 bit_exact 2
errors=$(grep -c ' error$' /tmp/client-0.out)
result errors_of_the_victim "$errors" frames - pass
counted=$(cat "$(module_attribute counters)/error_canceled")
equal canceled_as_the_kernel_counts "$counted" "$ended" jobs

daedalusctl reset session 999999 >/dev/null 2>&1
equal reset_of_nobody "$?" 3 status
daedalusctl reset job 12345 >/dev/null 2>&1
equal reset_of_no_job "$?" 3 status
daedalusctl reset all </dev/null >/dev/null 2>&1
equal reset_all_without_yes "$?" 3 status
check reset_all_with_yes daedalusctl reset all --yes

# Rights: as the socket's mode and SO_PEERCRED have it.
video=$(getent group video | cut -d: -f3)
check reader_reads as_user "$video" daedalusctl sessions
as_user "$video" daedalusctl reset stats >/tmp/reader.out 2>&1
equal reader_resets "$?" 3 status
as_user 1000 daedalusctl sessions >/tmp/stranger.out 2>&1
equal stranger_reads "$?" 3 status
chmod 0666 "$SOCKET"
as_user 1000 daedalusctl sessions >/tmp/stranger.out 2>&1
equal stranger_with_an_open_socket_reads "$?" 3 status
stop_daemon
check module_unloads unload_module
