#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several clients at once, each bit-exact.
# timeout: 240

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
run_scenarios 'clients_*'
stop_daemon
check module_unloads unload_module
