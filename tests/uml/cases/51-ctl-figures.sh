#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What daedalusctl counts is what happens: jobs as the kernel counts them while
# eight clients stream, totals as the clients saw them, health by exit status.
# boot: ctl
# timeout: 240

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

CLIENTS=8

# sample_jobs COUNT: lines of "JOBS_IN_WORKERS JOBS_IN_THE_KERNEL".
sample_jobs() {
	local i

	for ((i = 0; i < $1; i++)); do
		daedalusctl jobs --json --timeout 20000 |
			jq -r '"\(.jobs | length) \(.kernel_jobs_in_flight)"'
		sleep 0.1
	done
}

status_of() {
	daedalusctl status --json --timeout 20000 >"/results/$CASE-status-$1.json" 2>&1
	echo $?
}

equal status_without_module "$(status_of no_module)" 2 status
check module_loads load_module || exit 1
equal status_without_daemon "$(status_of no_daemon)" 2 status
start_patient_daemon || exit 1
equal status_with_daemon "$(status_of healthy)" 0 status
# A kernel that boots next and has no module yet, beside the one that runs.
mkdir -p /tmp/lower /tmp/modules/99.0-daedalus/kernel
mount --bind /usr/lib/modules /tmp/lower
ln -s "/tmp/lower/$(uname -r)" /tmp/modules/
mount --bind /tmp/modules /usr/lib/modules
equal status_before_a_bad_reboot "$(status_of degraded)" 1 status
umount /usr/lib/modules /tmp/lower
check stream make_stream 10 || exit 1
check reset_stats daedalusctl reset stats --timeout 20000

pids=()
for ((i = 0; i < CLIENTS; i++)); do
	start_client "$i"
	pids+=("$CLIENT_PID")
done
check all_stream wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == $CLIENTS ]]" 60
sample_jobs 20 >/tmp/samples
wait "${pids[@]}"

# Between the kernel's answer to COMPLETE and the worker's own note of it a
# session may count one job too many.
awk -v clients="$CLIENTS" '
	{ busy += $2 > 0; equal += $1 == $2; if ($1 > $2 + clients) over++ }
	END { print busy + 0, equal + 0, over + 0, NR }' /tmp/samples >/tmp/summary
read -r busy same over samples </tmp/summary
note "jobs: $samples samples, $busy with jobs, $same the same in workers and kernel"
equal jobs_samples_beyond_the_kernel "$over" 0 samples
if ((busy > 0)); then
	result jobs_seen "$busy" samples 1 pass
else
	result jobs_seen "$busy" samples 1 fail "no job was ever in flight"
fi
equal jobs_after_the_end "$(daedalusctl jobs --json | jq -c '[(.jobs | length), .kernel_jobs_in_flight]')" '[0,0]'

seen=$(cat /tmp/client-*.out | grep -c ' ok$')
check frames_were_decoded test "$seen" -gt 0
# The last session's figures move to the codec's when its worker has gone.
wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 0 ]]" 20
daedalusctl stats --json >"/results/$CASE-stats.json"
equal stats_frames "$(jq '.codecs[] | select(.codec == "h264") | .counters.frames' "/results/$CASE-stats.json")" "$seen" frames
equal stats_errors "$(jq '.codecs[] | select(.codec == "h264") | .counters.errors' "/results/$CASE-stats.json")" 0 errors
equal stats_timed "$(jq '.codecs[] | select(.codec == "h264") | .counters.decode_time.count' "/results/$CASE-stats.json")" "$seen" frames
exact=0
for ((i = 0; i < CLIENTS; i++)); do
	if bit_exact "$i"; then
		((exact++))
	else
		cut -d' ' -f2 "/tmp/client-$i.out" | diff - "$STREAM_MD5" | head -n 20
		cp "/tmp/client-$i.out" "/tmp/client-$i.err" /results/
	fi
done
equal clients_bit_exact "$exact" "$CLIENTS" clients

# A daemon that hangs: what the kernel knows, in time.
kill -STOP "$DAEMON_PID"
before=$(date +%s%N)
daedalusctl status >"/results/$CASE-hung.txt"
equal status_of_a_hung_daemon "$?" 2 status
took=$((($(date +%s%N) - before) / 1000000))
if ((took < 2000)); then
	result status_of_a_hung_daemon_takes "$took" ms 2000 pass
else
	result status_of_a_hung_daemon_takes "$took" ms 2000 fail
fi
kill -CONT "$DAEMON_PID"

check doctor_decodes_through_the_device bash -c \
	'daedalusctl doctor --json --timeout 20000 | jq -e ".checks[] | select(.id == \"decode\") | .result == \"pass\""'
stop_daemon
check module_unloads unload_module
