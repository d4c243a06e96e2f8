#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SESSIONS sessions at once, 16 of them at work: all are served, those that do the
# same get the same, and one more is told that there are too many.
# boot: separate
# mem: 6G
# timeout: 2400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/stress/lib/leftovers.sh

# One user may have them all here: the limit for all is what is looked at.
check module_loads load_module user_sessions="$SESSIONS" || exit 1
start_daemon_with MaxSessions="$SESSIONS" JobTimeoutMs=60000 FrameDeadlineMs=50000 || exit 1
warm_up
remember "$DAEMON_PID"
run_scenarios --sessions "$SESSIONS" many_sessions
equal refused_sessions "$(cat "$(module_attribute counters/refused_sessions)")" 1 sessions
compare "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
