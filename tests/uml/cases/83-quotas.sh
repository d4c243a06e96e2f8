#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What one user may have of the decoder: who wants more is refused and counted, and
# others are served.
# timeout: 120

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module user_clients=8 user_sessions=3 user_memory_mib=16 || exit 1
chmod 0666 "$(video_node)" "$(media_node)"
# What is held against the limits is told to the client once more, on purpose.
run_scenarios --user-clients 8 --user-sessions 3 --user-memory-mib 16 'quota_*'
equal refused_quota "$(cat "$(module_attribute counters/refused_quota)")" 12 refusals
equal refused_sessions "$(cat "$(module_attribute counters/refused_sessions)")" 0 refusals
# They can be changed while the module is loaded.
echo 2 >/sys/module/daedalus_v4l2/parameters/user_clients
run_scenarios --user-clients 2 quota_clients
check module_unloads unload_module
