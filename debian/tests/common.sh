# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the installed packages share.
set -eu
SYSFS=/sys/devices/platform/daedalus_v4l2

# skip REASON: autopkgtest takes 77 for that, where a test says it may be skipped.
skip() {
	echo "$1"
	exit 77
}

# The configuration of the running kernel; newer packages have it beside the modules.
kernel_config() {
	for file in "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/config"; do
		if [ -r "$file" ]; then
			echo "$file"
			return
		fi
	done
	echo "the configuration of the running kernel is not to be found" >&2
	return 1
}

# A kernel without what the module needs is skipped by the packages, and here.
skip_without_kernel_support() {
	config=$(kernel_config)
	for option in $(sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"/\1/p' "$(dirname "$0")/../../dkms.conf"); do
		grep -q "^$option=[ym]" "$config" || skip "this kernel is built without $option"
	done
}

# The machine of a test may run an older kernel than the archive has, and then have
# the headers of the newer one.
need_headers_of_running_kernel() {
	[ ! -e "/lib/modules/$(uname -r)/build/include" ] || return 0
	apt-get -q -y install "linux-headers-$(uname -r)" || skip "there are no headers of the running kernel"
	modprobe daedalus_v4l2
}

skip_without_headers_in_archive() {
	apt-cache show "linux-headers-$(uname -r)" >/dev/null 2>&1 ||
		skip "the archive has no headers of the running kernel"
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
