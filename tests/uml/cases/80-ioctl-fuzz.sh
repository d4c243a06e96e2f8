#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes the devices of the module from both sides. The kernel's log is the judge:
# nothing is reported, nothing leaks, nobody gets stuck, and the module unloads.
# SECONDS_EACH=N fuzzes for N seconds, SEED=N begins with the choices of another run.
# boot: separate
# timeout: 90 + SECONDS_EACH

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module stateful=1 || exit 1
seed=${SEED:-$(date +%s)}
status=0
"$CLIENT_BUILD/tests/client/daedalus-ioctl-fuzz" "$(video_node)" "$(stateful_node)" "$(media_node)" \
	"${SECONDS_EACH:-40}" "$seed" || status=$?
((status <= 1)) || result fuzzer "$status" status 0 fail "see what it said"
equal sessions_left "$(find /proc/[0-9]*/fd -lname '*daedalus-session*' 2>/dev/null | wc -l)" 0 sessions
check module_unloads wait_for unload_module 10
