#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How often the daemon was started again, and when its watchdog was last told,
# with what a service manager would give it.
# boot: ctl
# timeout: 60

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

export RUNTIME_DIRECTORY=/run/daedalus
mkdir -p $RUNTIME_DIRECTORY

# health FILTER: of the daemon's health.
health() {
	daedalusctl status --json --timeout 20000 | jq ".health | $1"
}

check module_loads load_module || exit 1
start_patient_daemon || exit 1
equal restarts_at_first "$(health .restarts)" 0 restarts
equal watchdog_without_one "$(health '[.watchdog_timeout_us, .watchdog_age_us] == [null, null]')" true

stop_daemon KILL
WATCHDOG_USEC=4000000 start_patient_daemon || exit 1
equal restarts_after_a_death "$(health .restarts)" 1 restarts
equal watchdog_is_told "$(health '.watchdog_timeout_us == 4000000 and .watchdog_age_us < 4000000')" true
check status_tells bash -c 'daedalusctl status | grep -q "was started again once"'

stop_daemon KILL
start_patient_daemon || exit 1
equal restarts_after_two "$(health .restarts)" 2 restarts
stop_daemon
start_patient_daemon || exit 1
equal restarts_after_a_stop "$(health .restarts)" 0 restarts
stop_daemon
check module_unloads unload_module
