#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Workers that have been taken over: every attack ends the worker, by its
# sandbox, and the daemon's log names the system call; the client whose stream
# it was gets every frame all the same, from the next worker. Then what decoding
# needs, codec by codec, under this kernel and with these libraries.
# timeout: 900
# boot: separate

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

SANDBOX_TEST=$CLIENT_BUILD/tests/unit/sandbox/test_sandbox
WORKER_TEST=$CLIENT_BUILD/tests/unit/worker/test_worker
WISH=/tmp/daedalus-attack

# gtest_results PROGRAM [ARGUMENT...]: each of its tests is a result.
gtest_results() {
	local line verdict name status=0

	while IFS= read -r line; do
		[[ $line =~ ^\[\ +(OK|FAILED|SKIPPED)\ +\]\ ([^ ,]+).*\ ms\)$ ]] || continue
		name=${BASH_REMATCH[2]}
		case ${BASH_REMATCH[1]} in
		OK) verdict=pass ;;
		SKIPPED) verdict=skip ;;
		*) verdict=fail ;;
		esac
		result "$name" - - - "$verdict"
	done < <("$@" 2>&1 | tee -a "/results/$CASE-gtest.log"; exit "${PIPESTATUS[0]}")
	wait $! || status=$?
	((status == 0)) || result "$(basename "$1")" "$status" status 0 fail "see $CASE-gtest.log"
}

# attack NAME CALL: play while a worker is taken over.
attack() {
	local before after

	before=$(wc -l <"$DAEMON_LOG")
	"$CLIENT" run --clips "$CLIPS" --attack "$1" attacked >/tmp/played 2>&1
	wait_for "tail -n +$((before + 1)) $DAEMON_LOG | grep -q 'sandbox: it called'" 5
	after=$(tail -n +$((before + 1)) "$DAEMON_LOG" | sed -n 's/.*was stopped by its sandbox: it called //p')
	if grep -q '^RESULT attacked .* pass' /tmp/played; then
		equal "attack/$1" "${after:-nothing}" "$2" call
	else
		result "attack/$1" "${after:-nothing}" call "$2" fail "$(sed -n 's/^RESULT attacked .* fail //p' /tmp/played)"
	fi
}

truncate --size 64 "$WISH"
check module_loads load_module || exit 1
export LD_PRELOAD=$CLIENT_BUILD/tests/support/attacks/libdaedalus_hostile_codec.so
start_patient_daemon || exit 1
unset LD_PRELOAD

while IFS=$'\t' read -r name call; do
	attack "$name" "$call"
done < <("$CLIENT_BUILD/tests/support/attacks/daedalus-list-attacks")
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
check module_unloads unload_module

gtest_results "$SANDBOX_TEST"
gtest_results "$WORKER_TEST" --gtest_filter='Codecs.*:Vpx.*Clip:Ceilings.*:Worker/EveryWay.*/4ThreadsDepth8'
