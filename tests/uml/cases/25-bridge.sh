#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The kernel/daemon protocol, with a program in the daemon's place.
# timeout: 120

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
run_bridge '*'

# The refusal of another version is one line that names both.
lines=$(dmesg | grep -c 'speaks protocol')
version=$(cat "$(module_attribute proto_version)")
equal version_refusals "$lines" 1 lines
check version_line_names_both \
	bash -c "dmesg | grep 'speaks protocol' | grep -w '$((version + 41))' | grep -w '$version'"
check module_unloads unload_module
