#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 200 rounds of SIGKILL and SIGSTOP to the daemon and its workers while clients
# stream, seek, close and are killed themselves. The module must unload after.
# boot: torture
# timeout: 700

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

# What a service manager gives it: a daemon that comes after a killed one need not
# ask a worker again what can be decoded.
export RUNTIME_DIRECTORY=/run/daedalus
mkdir -p $RUNTIME_DIRECTORY

check module_loads load_module || exit 1
run_scenarios --rounds "${ROUNDS:-200}" --seed "${SEED:-1}" --daemon "$DAEMON" \
	--daemon-log "$DAEMON_LOG" --attached-attribute "$(module_attribute daemon_attached)" torture
check module_unloads wait_for unload_module 5
