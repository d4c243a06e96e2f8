# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Helpers for the case scripts, which run inside the test machine.
# A case starts with:  . /src/tests/uml/lib/guest.sh

set -u
CASE=${CASE:-$(basename "$0" .sh)}
MODULE=daedalus_v4l2
DAEMON=/usr/sbin/daedalusd
DAEMON_LOG=/results/$CASE-daemon.log
DAEMON_PID=''

# Say something on the script's output and in the kernel log.
note() {
	echo "$CASE: $*"
	echo "$CASE: $*" >/dev/kmsg
}

# result NAME VALUE UNIT BAR pass|fail|skip [REASON]
# The suite gathers these lines. VALUE, UNIT and BAR are one word, "-" for none.
result() {
	local name=${1// /_} value=${2:--} unit=${3:--} bar=${4:--} verdict=$5

	echo "RESULT $name ${value// /_} ${unit// /_} ${bar// /_} $verdict ${*:6}"
}

# check NAME COMMAND...: pass if the command succeeds; its output is shown
# only if it does not.
check() {
	local name=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	if ((status)); then
		printf '%s\n' "$output" | tail -n 30
		result "$name" "$status" status 0 fail "$*"
		return 1
	fi
	result "$name" 0 status 0 pass
}

# equal NAME VALUE BAR [UNIT]: pass if VALUE is BAR.
equal() {
	if [[ $2 == "$3" ]]; then
		result "$1" "$2" "${4:--}" "$3" pass
	else
		result "$1" "$2" "${4:--}" "$3" fail
		return 1
	fi
}

# wait_for CONDITION SECONDS: CONDITION is a shell command, tried often.
wait_for() {
	local end=$((SECONDS + $2))

	until eval "$1" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# load_module [PARAMETER=VALUE...]: with all that it needs.
load_module() {
	modprobe "$MODULE" "$@" && wait_for 'video_node' 5
}

unload_module() {
	rmmod "$MODULE"
}

# video_node [DRIVER]: a video node of a driver: of ours the stateless one. The
# number of a node is promised to no one; its driver is. Looked up in sysfs, not
# by opening the node, because to look must not be to become a client.
video_node() {
	local device

	if [[ ${1:-$MODULE} == "$MODULE" ]]; then
		named_node video_device
		return
	fi
	for device in /sys/class/video4linux/video*; do
		if [[ $device/device/driver -ef /sys/bus/platform/drivers/$1 ]]; then
			echo "/dev/${device##*/}"
			return
		fi
	done
	return 1
}

# stateful_node: our other one.
stateful_node() {
	named_node stateful_device
}

# named_node ATTRIBUTE: the node that the module's attribute names.
named_node() {
	local name

	name=$(cat "/sys/bus/platform/drivers/$MODULE/$MODULE/$1" 2>/dev/null)
	[[ -n $name ]] && echo "/dev/$name"
}

# media_node [DRIVER]
media_node() {
	local device

	for device in /sys/bus/media/devices/media*; do
		if [[ $device/../driver -ef /sys/bus/platform/drivers/${1:-$MODULE} ]]; then
			echo "/dev/${device##*/}"
			return
		fi
	done
	return 1
}

SESSIONS_CONF=/tmp/sessions.conf

# write_sessions_conf SETTING...: the configuration of a daemon with these settings
# of its sessions, in SESSIONS_CONF.
write_sessions_conf() {
	printf '%s\n' '[Sessions]' "$@" >"$SESSIONS_CONF"
}

# write_patient_conf [SECONDS]: a machine that is emulated on a busy one may take a
# second to start a worker, or for the first touch of a picture's pages, which is no
# fault of what is tested. A worker may take SECONDS, 15 unless told, for a picture.
write_patient_conf() {
	local seconds=${1:-15}

	write_sessions_conf "JobTimeoutMs=$((seconds + 5))000" "FrameDeadlineMs=${seconds}000"
}

# start_daemon [ARGUMENT...]: and wait until it serves. There is no systemd in
# the machine; the daemon's notification socket is not set.
start_daemon() {
	"$DAEMON" "$@" >>"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	if ! wait_for daemon_serves 10 || ! kill -0 "$DAEMON_PID" 2>/dev/null; then
		echo "the daemon does not serve; the end of its log:"
		tail -n 20 "$DAEMON_LOG"
		return 1
	fi
}

# The module says when a daemon is attached; its control socket comes with it.
daemon_serves() {
	[[ $(cat "$(module_attribute daemon_attached)") == 1 ]]
}

# module_attribute NAME: the file in sysfs.
module_attribute() {
	local file

	for file in /sys/class/misc/daedalus-v4l2/"$1" \
		/sys/bus/platform/drivers/"$MODULE"/*/"$1" /sys/module/"$MODULE"/"$1"; do
		if [[ -e $file ]]; then
			echo "$file"
			return
		fi
	done
	return 1
}

# stop_daemon [SIGNAL]: and wait until it is gone.
stop_daemon() {
	[[ $DAEMON_PID ]] || return 0
	kill -"${1:-TERM}" "$DAEMON_PID" 2>/dev/null
	wait_for "! kill -0 $DAEMON_PID" 10 || kill -KILL "$DAEMON_PID"
	wait "$DAEMON_PID" 2>/dev/null
	DAEMON_PID=''
}
