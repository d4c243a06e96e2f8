# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The test client and its clips, for case scripts. Source guest.sh before it.

# What the build put beside the tree; a developer may name another build.
CLIENT_BUILD=${CLIENT_BUILD:-/build/trixie}
CLIENT=$CLIENT_BUILD/tests/client/daedalus-test-client
BRIDGE_TEST=$CLIENT_BUILD/tests/client/daedalus-bridge-test
CLIPS=$CLIENT_BUILD/tests/client/clips

# run_scenarios [--OPTION VALUE]... PATTERN...: every scenario prints its own
# results. A crash of the client itself is one more.
run_scenarios() {
	local status=0

	"$CLIENT" run --clips "$CLIPS" "$@" || status=$?
	((status <= 1)) || result client "$status" status 0 fail "daedalus-test-client $*"
}

# run_bridge PATTERN...: the same for the program in the daemon's place.
run_bridge() {
	local status=0

	"$BRIDGE_TEST" run "$@" || status=$?
	((status <= 1)) || result bridge "$status" status 0 fail "daedalus-bridge-test $*"
}

# start_daemon_with SETTING...: and one result, whether it serves.
start_daemon_with() {
	write_sessions_conf "$@"
	start_configured_daemon
}

# start_patient_daemon [SECONDS]: see write_patient_conf.
start_patient_daemon() {
	write_patient_conf "$@"
	start_configured_daemon
}

# By SESSIONS_CONF.
start_configured_daemon() {
	if start_daemon --config="$SESSIONS_CONF"; then
		result daemon_starts 1 - 1 pass
	else
		result daemon_starts 0 - 1 fail "see $DAEMON_LOG"
		return 1
	fi
}
