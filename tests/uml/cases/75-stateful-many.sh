#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Sixteen clients of the stateful node at a time, each bit-exact.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
start_patient_daemon || exit 1
pids=()
for ((client = 0; client < 16; client++)); do
	python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" rpi_ffmpeg >"/tmp/many-$client" 2>&1 &
	pids+=($!)
done
good=0
for ((client = 0; client < 16; client++)); do
	if wait "${pids[client]}"; then
		good=$((good + 1))
	else
		cat "/tmp/many-$client"
	fi
done
equal bit_exact "$good" 16 clients
stop_daemon
check module_unloads unload_module
