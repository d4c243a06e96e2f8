#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every allocation and every copy from or to user memory fails, one at a time, in
# every call of a client and of the daemon, and in the driver's probe: nothing is
# reported, nothing leaks, and decoding goes on as if nothing had been.
# boot: separate
# timeout: 900

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

FAULTS=$CLIENT_BUILD/tests/client/daedalus-fault-test

# What the checks of this kernel allocate for themselves must not fail: they would
# turn themselves off.
CHECKS='kmemleak|debug_objects|dma_debug|radix_tree_node'

# faults_on: sleeping allocations fail as well, in every cache that is not theirs, and
# each in silence. Which and when is said by the thread that it happens to.
faults_on() {
	local kind cache

	for kind in failslab fail_page_alloc fail_usercopy; do
		echo 0 >/sys/kernel/debug/$kind/verbose || return
	done
	for kind in failslab fail_page_alloc; do
		echo N >/sys/kernel/debug/$kind/ignore-gfp-wait || return
	done
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	echo Y >/sys/kernel/debug/failslab/cache-filter
	for cache in /sys/kernel/slab/*/failslab; do
		[[ ! $cache =~ $CHECKS ]] || continue
		echo 1 2>/dev/null >"$cache"
	done
	return 0
}

# leaks: how many there are, but for two that are not ours: V4L2's core forgets the
# name of a video device or an entity that could not be registered. All are cleared
# from kmemleak's list after.
leaks() {
	local file=/sys/kernel/debug/kmemleak

	# The core's would be a report in the kernel's log.
	dmesg -n 1
	echo scan >$file
	sleep 5.5
	echo scan >$file
	dmesg -n 8
	awk -v RS='unreferenced object' '
		NR > 1 && !(/dev_set_name/ && /__video_register_device/) && !/ v4l2_m2m_register_entity/ { print RS $0 >"/results/leaks"; n++ }
		END { print n + 0 }' $file
	echo clear >$file
}

check faults_on faults_on || exit 1
check module_loads load_module || exit 1
status=0
"$FAULTS" run stateless stateful || status=$?
((status <= 1)) || result client "$status" status 0 fail "daedalus-fault-test"

check kmemleak_works bash -c 'echo scan >/sys/kernel/debug/kmemleak'
# With this kernel's checks a probe that prints comes near the end of its stack, which
# has no room for an interrupt there: what it says is looked at afterwards.
dmesg -n 1
dmesg --clear
"$FAULTS" run probe || status=$?
dmesg >"/results/$CASE-probe.log"
dmesg -n 8
((status <= 1)) || result client "$status" status 0 fail "daedalus-fault-test run probe"
check probe_reports_nothing /src/tests/uml/scan-log "/results/$CASE-probe.log"
equal leaks_of_probe "$(leaks)" 0 objects
# Where it failed the driver may be left unbound.
echo daedalus_v4l2 2>/dev/null >/sys/bus/platform/drivers/daedalus_v4l2/bind
wait_for video_node 5
equal clients_left "$(cat "$(module_attribute clients)")" 0 files
equal sessions_left "$(cat "$(module_attribute sessions)")" 0 sessions
equal jobs_left "$(cat "$(module_attribute jobs_in_flight)")" 0 jobs
start_patient_daemon || exit 1
run_scenarios depth_4 clients_2
stop_daemon
check module_unloads unload_module
