# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the installed packages share.
set -eu
SYSFS=/sys/devices/platform/daedalus_v4l2

# A kernel without what the module needs is skipped by the packages, and here.
skip_without_kernel_support() {
	for option in MEDIA_CONTROLLER V4L2_MEM2MEM_DEV VIDEOBUF2_DMA_SG VIDEOBUF2_VMALLOC; do
		if ! grep -q "^CONFIG_$option=[ym]" "/boot/config-$(uname -r)"; then
			echo "this kernel is built without CONFIG_$option"
			exit 77
		fi
	done
}

wait_for_daemon() {
	for _ in $(seq 60); do
		if systemctl -q is-active daedalusd.service && [ "$(cat $SYSFS/daemon_attached 2>/dev/null)" = 1 ]; then
			return 0
		fi
		sleep 0.5
	done
	systemctl status --no-pager daedalusd.service
	return 1
}

# module_for KERNEL: is it installed?
module_for() {
	modinfo -k "$1" daedalus_v4l2 >/dev/null
}
