#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# After a restart all is there again; with bounce buffers for every DMA mapping,
# which loses the pictures if the module forgets to clean caches.
. /pi/common.sh

check comes_up_after_restart wait_for decoder_is_up 60 || exit 1
check bounces grep -q swiotlb=force /proc/cmdline
equal module_is_new "$(cat "$SYSFS/version")" "$(modinfo -F version daedalus_v4l2)"
play_exact swiotlb
