#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The uAPI as far as it goes without a daemon: formats, controls, buffers, and
# errored buffers instead of pictures.
# timeout: 120

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

check module_loads load_module || exit 1
run_scenarios 'formats_*' 'controls_[!p]*' 'buffers_[!eo]*' 'absent_*'
check module_unloads unload_module
