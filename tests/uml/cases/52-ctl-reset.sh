#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Reset ends the jobs of what it names with errors to that client, which does
# not hang; all others stay bit-exact. Who may not, may not. The workers are
# stopped while resets come, so that it is known how many jobs there are.
# boot: ctl
# timeout: 240

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

DEPTH=4
CLIENTS=3
ALL_JOBS=$((DEPTH * CLIENTS))

start_clients() {
	local i

	pids=()
	for ((i = 0; i < CLIENTS; i++)); do
		start_client "$i" --depth $DEPTH
		pids+=("$CLIENT_PID")
	done
	check "$1_stream" wait_for "sessions_stream $CLIENTS" 60
}

# hold NAME: every client has all its requests in flight, and none is answered.
hold() {
	hold_workers
	check "$1" wait_for "jobs_in_flight $ALL_JOBS" 10
}

# canceled TARGET...: how many jobs a reset ended.
canceled() {
	daedalusctl reset "$@" --json --timeout 20000 | jq .canceled
}

counted_as_canceled() {
	cat "$(module_attribute counters)/error_canceled"
}

# ended NAME: no client hangs.
ended() {
	local pid

	for pid in "${pids[@]}"; do
		check "$1_$pid" wait_for "! kill -0 $pid" 60
	done
	wait "${pids[@]}" 2>/dev/null
}

# as_user GROUPS COMMAND...: an ordinary user with these supplementary groups.
as_user() {
	local groups=$1

	shift
	setpriv --reuid 1000 --regid 1000 --groups "$groups" "$@"
}

check module_loads load_module || exit 1
start_patient_daemon 50 || exit 1
check stream make_stream 40 || exit 1
start_clients three
victim=$(session_of "${pids[0]}")
check victim_is_found test -n "$victim"

# The counters: from zero for the daemon, as they were for the kernel.
check pictures_are_counted wait_for \
	"(( \$(daedalusctl stats --json | jq '[.codecs[].counters.frames] | add') > 0 ))" 20
hold all_held_for_stats
before=$(cat "$(module_attribute counters)/jobs_completed")
check reset_stats daedalusctl reset stats
equal stats_after_reset "$(daedalusctl stats --json | jq '[.codecs[].counters | .frames, .decode_time.count] | add')" 0 pictures
equal sessions_after_reset "$(daedalusctl sessions --json | jq '[.sessions[].counters.frames] | add')" 0 pictures
equal kernel_counts_on "$(cat "$(module_attribute counters)/jobs_completed")" "$before" jobs
resume_workers

# One session.
hold all_held_for_session
equal session_jobs_ended "$(canceled session "$victim")" $DEPTH jobs
equal session_jobs_counted "$(counted_as_canceled)" $DEPTH jobs
# Its client has got them back and goes on.
check victim_goes_on wait_for "jobs_in_flight $ALL_JOBS" 10
resume_workers

# One job.
hold_in_a_job "$victim"
equal victim_held_in_a_job "$?" 0 status || exit 1
equal job_ended "$(canceled job "$COOKIE" --session "$victim")" 1 jobs
equal job_counted "$(counted_as_canceled)" $((DEPTH + 1)) jobs
daedalusctl reset job "$COOKIE" --session "$victim" >/dev/null 2>&1
equal reset_of_an_ended_job "$?" 3 status
resume_workers

ended three_end
check others_bit_exact_1 bit_exact 1
check others_bit_exact_2 bit_exact 2
# The pictures that refer to one that was ended are in error, too.
errors=$(grep -c ' error$' /tmp/client-0.out)
if ((errors > DEPTH)); then
	result errors_of_the_victim "$errors" frames $((DEPTH + 1)) pass
else
	result errors_of_the_victim "$errors" frames $((DEPTH + 1)) fail
fi
equal frames_of_the_victim "$(wc -l </tmp/client-0.out)" "$(wc -l <"$STREAM_MD5")" frames

# All of them, in a stream that is long enough for a slow machine.
daedalusctl reset all </dev/null >/dev/null 2>&1
equal reset_all_without_yes "$?" 3 status
check shorter_stream make_stream 20
start_clients again
hold all_held
equal all_jobs_ended "$(canceled all --yes)" $ALL_JOBS jobs
equal all_jobs_counted "$(counted_as_canceled)" $((DEPTH + 1 + ALL_JOBS)) jobs
resume_workers
ended all_end
for ((i = 0; i < CLIENTS; i++)); do
	check "client_${i}_got_errors" grep -q ' error$' "/tmp/client-$i.out"
done
check nothing_left_in_flight wait_for 'jobs_in_flight 0' 10

daedalusctl reset session 999999 >/dev/null 2>&1
equal reset_of_nobody "$?" 3 status
daedalusctl reset job 12345 >/dev/null 2>&1
equal reset_of_no_job "$?" 3 status

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
