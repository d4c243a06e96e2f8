#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Workers are killed between key frames; the next one decodes again what is in
# the session's journal, so that no later picture lacks its references.
# KILLS=N for another number of kills.
# timeout: 500

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
# Two sessions whose workers die all the time are what is wanted here.
start_daemon_with JobTimeoutMs=20000 FrameDeadlineMs=15000 WorkerDeaths=1000 || exit 1
run_scenarios --kills "${KILLS:-40}" --seed "${SEED:-1}" killed_workers
# A job is lost when it loses two workers; what refers to it then is in error.
note "jobs whose second worker was killed, too: $(cat "$(module_attribute counters/error_worker_died)")"
check replayed grep -q 'pictures of the worker before again' "$DAEMON_LOG"
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
check module_unloads unload_module
