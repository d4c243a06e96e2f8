#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The real unit under the real systemd: it starts as hardened as it is, and clients
# play through its restarts and crashes, for systemd keeps what the next daemon
# needs. When it is stopped no worker stays, and the module can go.
# boot: systemd
# timeout: 400

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh

UNIT=daedalusd.service

# boot_systemd: in namespaces of its own, as it boots in a container; the kernel's
# first process is the test machine's. Its log goes to the kernel's.
boot_systemd() {
	local unit

	mkdir -p "/run/systemd/system/$UNIT.d"
	printf '[Unit]\nDescription=Nothing but a manager\nAllowIsolate=yes\n' >/run/systemd/system/bare.target
	printf '[Service]\nStandardOutput=append:%s\nStandardError=append:%s\nTimeoutStartSec=120\n' \
		"$DAEMON_LOG" "$DAEMON_LOG" >"/run/systemd/system/$UNIT.d/test.conf"
	# What a machine that boots by itself begins with. Here it has been done.
	for unit in sysinit.target basic.target; do
		printf '[Unit]\nDescription=Done\n' >"/run/systemd/system/$unit"
	done
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	container="test" unshare --pid --fork --kill-child=KILL --mount --mount-proc --propagation slave -- \
		/usr/lib/systemd/systemd --system --unit=bare.target --log-target=kmsg </dev/null &
	wait_for 'manager is-active bare.target' 60
}

# manager COMMAND...: systemctl. systemd hears only whom it sees, and on a busy
# machine it may look too late.
manager() {
	local try

	for try in 1 2 3 4 5; do
		nsenter --target "$(pgrep -o -x systemd)" --pid --mount -- systemctl "$@" 2>/tmp/manager && return
		grep -q 'Transport endpoint is not connected' /tmp/manager || break
		note "systemctl $1 is tried again ($try)"
	done
	cat /tmp/manager
	return 1
}

# property NAME: of the unit.
property() {
	manager show -P "$1" "$UNIT"
}

check module_loads load_module || exit 1
check user_is_made systemd-sysusers || exit 1
# The machine is emulated: nobody is late here for want of a processor.
printf '[Sessions]\nJobTimeoutMs=20000\nFrameDeadlineMs=15000\n' >/etc/daedalus-v4l2.conf
boot_systemd
equal systemd_boots $? 0 status || exit 1
check starts manager start "$UNIT" || {
	manager status "$UNIT"
	tail -n 20 "$DAEMON_LOG"
	exit 1
}
check serves wait_for daemon_serves 20
# Its udev is here as well, with the rules of the package.
equal link_stateless "$(readlink -f /dev/video-dec0)" "$(video_node)"
equal link_stateful "$(readlink -f /dev/video-stateful-dec0)" "$(stateful_node)"
equal node_mode "$(stat -Lc '%a %G' /dev/video-dec0)" '660 video'
equal bridge_mode "$(stat -c '%a %U' /dev/daedalus-v4l2)" '600 _daedalus'
equal socket_mode "$(stat -c '%a %U:%G' /run/daedalus/control)" '660 _daedalus:video'
equal sandboxed "$(property NoNewPrivileges)-$(property CapabilityBoundingSet)" "yes-"

"$CLIENT" run --clips "$CLIPS" --restarts 0 --players 2 endless >/tmp/players 2>&1 &
players=$!
check clients_play wait_for '[[ $(cat "$(module_attribute sessions)") -ge 1 ]]' 30
for ((round = 0; round < 4; round++)); do
	sleep "1.$((RANDOM % 9))"
	before=$(property MainPID)
	if ((round % 2)); then
		manager restart "$UNIT"
	else
		manager kill -s KILL --kill-whom=main "$UNIT"
	fi
	wait_for '[[ $(property MainPID) != '"$before"' && $(property MainPID) != 0 && $(property ActiveState) == active ]]' 20
	equal "next_daemon_$round" $? 0 status
done
touch /tmp/endless-is-over
wait "$players"
equal players_end $? 0 status
cat /tmp/players
check store_is_used test "$(property NFileDescriptorStore)" -gt 0
check adopted grep -q 'goes on with [1-9]' "$DAEMON_LOG"

manager stop "$UNIT"
check workers_end wait_for '! pgrep -x daedalus-worker' 5
check module_unloads wait_for unload_module 5
pkill -KILL -x systemd
