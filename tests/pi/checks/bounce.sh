#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# After a restart all is there again; with bounce buffers for every DMA mapping,
# which loses the pictures if the module forgets to clean caches.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

check comes_up_after_restart wait_for decoder_is_up 60 || exit 1
equal module_is_new "$(cat "$SYSFS/version")" "$(modinfo -F version daedalus_v4l2)"

# Other devices bounce, too: it is the player's buffers that have to be seen coming.
slots=/sys/kernel/debug/swiotlb/io_tlb_used
before=$(cat "$slots") most=0
play_exact swiotlb &
while kill -0 $! 2>/dev/null; do
	now=$(cat "$slots")
	((now <= most)) || most=$now
	sleep 0.1
done
# One picture of the clip in NV12, in slots of 2 KiB.
picture=$((320 * 192 * 3 / 2 / 2048))
result bounces $((most - before)) slots $picture "$( ((most - before >= picture)) && echo pass || echo fail)"
