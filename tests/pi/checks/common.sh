# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the checks share. They run inside the machine, as root, in the order that
# the suite boots them in; /pi is the directory shared with the suite.

set -u
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
SYSFS=/sys/devices/platform/daedalus_v4l2
SECONDS=0

# result NAME VALUE UNIT BAR pass|fail|skip [REASON]
result() {
	echo "RESULT ${1// /_} ${2:--} ${3:--} ${4:--} $5 ${*:6}"
}

# check NAME COMMAND...: pass if it succeeds; what it printed is shown otherwise.
check() {
	local name=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	if ((status)); then
		printf '%s\n' "$output" | tail -n 40
		result "$name" "$status" status 0 fail "$*"
		return 1
	fi
	result "$name" 0 status 0 pass
}

# equal NAME VALUE BAR
equal() {
	if [[ $2 == "$3" ]]; then
		result "$1" "${2:--}" - "${3:--}" pass
	else
		result "$1" "${2// /_}" - "${3// /_}" fail
		return 1
	fi
}

# says NAME FILE PATTERN: pass if the output in FILE has a line like it.
says() {
	if grep -Eq -- "$3" "$2"; then
		result "$1" said - said pass
	else
		tail -n 40 "$2"
		result "$1" silent - said fail "no line like '$3'"
		return 1
	fi
}

# timed NAME COMMAND...: its output goes to /pi/NAME.txt; says how long it took.
timed() {
	local name=$1 start=$SECONDS status=0

	shift
	"$@" >"/pi/$name.txt" 2>&1 || status=$?
	if ((status)); then
		tail -n 60 "/pi/$name.txt"
		result "$name" "$status" status 0 fail "$*"
		return 1
	fi
	result "$name" $((SECONDS - start)) s - pass
}

# use_repository LINE: apt knows this source and what is installed, nothing else.
use_repository() {
	rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
	printf '%s\n' "$@" >/etc/apt/sources.list
	apt-get -q update >/pi/apt-update.txt 2>&1
}

wait_for() {
	local end=$((SECONDS + $2))

	until eval "$1" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.5
	done
}

decoder_is_up() {
	systemctl -q is-active daedalusd && [[ $(cat "$SYSFS/daemon_attached") == 1 ]] && [[ -e /dev/video-dec0 ]]
}

# play_exact NAME [DECODER]: a user of the group video plays the clip through GStreamer.
play_exact() {
	local file=/tmp/picture-$1.yuv decoder=${2:-v4l2slh264dec}

	rm -f "$file"
	runuser -u player -- timeout 200 gst-launch-1.0 -q filesrc location=/tmp/clip.h264 ! h264parse ! "$decoder" ! \
		videoconvert ! video/x-raw,format=I420 ! filesink "location=$file" >"/pi/play-$1.txt" 2>&1 ||
		{ tail -n 20 "/pi/play-$1.txt"; journalctl -b -u daedalusd --no-pager | tail -n 20; }
	equal "plays_bit-exact_$1" "$(md5sum "$file" 2>/dev/null | cut -d' ' -f1)" "$(cat /pi/clip.md5)"
	rm -f "$file"
}

# play_long: a user of the group video plays for some minutes, at the speed of the clip. Sets player, its
# process, once it plays.
play_long() {
	local before

	for _ in $(seq 400); do cat /tmp/clip.h264; done >/tmp/long.h264
	before=$(cat "$SYSFS/counters/jobs_completed")
	runuser -u player -- gst-launch-1.0 -q filesrc location=/tmp/long.h264 ! h264parse ! v4l2slh264dec ! \
		fakesink sync=true >/pi/player.txt 2>&1 &
	# shellcheck disable=SC2034 # for the check that called
	player=$!
	check client_plays wait_for '[[ $(cat "$SYSFS/counters/jobs_completed") -gt '$((before + 50))' ]]' 60
}

cp /pi/clip.h264 /tmp/clip.h264
