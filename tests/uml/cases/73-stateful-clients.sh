#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node as Chromium and Raspberry Pi OS' FFmpeg use it: seeks, ends,
# sizes that change, memory of others, and what is refused.
# boot: stateful
# timeout: 300

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" nobody_decodes
start_patient_daemon || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS"
check daemon_lives kill -0 "$DAEMON_PID"
stop_daemon
# Who does not answer is waited for less long.
start_daemon_with JobTimeoutMs=4000 FrameDeadlineMs=3000 || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" second_stream_unanswered
stop_daemon
start_daemon_with JobTimeoutMs=20000 FrameDeadlineMs=15000 '[Worker]' MaxWidth=128 || exit 1
python3 /src/tests/uml/lib/stateful_client.py "$(stateful_node)" "$CLIPS" too_large
stop_daemon
check module_unloads unload_module
