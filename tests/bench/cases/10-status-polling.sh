#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a script costs that asks `daedalusctl status --json` ten times a second,
# while all processors decode: a minute with it and a minute without, in turns.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

PAIRS=${PAIRS:-15} SECONDS_EACH=4
SOCKET=$SCRATCH/control
ROOT=$SCRATCH/root

# fake_root: what daedalusctl reads of a healthy system; this machine has no
# module. As many files as there would be.
fake_root() {
	local device=$ROOT/sys/devices/platform/daedalus_v4l2 release name

	release=$(uname -r)
	mkdir -p "$device/counters" "$device/video4linux/video11" "$device/media3" "$ROOT/dev"
	while read -r name; do
		echo 12345 >"$device/counters/$name"
	done < <(sed -n 's/^DAEDALUS_COUNTER(\([a-z_]*\),.*/\1/p' "$SOURCE_DIR/src-kmod/daedalus-sysfs.c")
	for name in clients sessions daemon_attached; do
		echo 1 >"$device/$name"
	done
	sed -n 's/^#define DAEDALUS_PROTO_VERSION //p' "$SOURCE_DIR/include/daedalus/protocol.h" >"$device/proto_version"
	echo 0 >"$device/sessions_waiting"
	echo 8 >"$device/jobs_in_flight"
	echo 900 >"$device/job_timeout_ms"
	echo video11 >"$device/video_device"
	"$DAEDALUSCTL" --version | cut -d' ' -f2 | tee "$device/version" >"$device/daemon_version"
	touch "$ROOT"/dev/{video11,media3,daedalus-v4l2,video-dec0,media-dec0}
	mkdir -p "$ROOT/lib/modules/$release"/{build,updates/dkms}
	touch "$ROOT/lib/modules/$release/"{modules.builtin,build/Makefile,updates/dkms/daedalus_v4l2.ko.xz}
}

# share NAME VALUE: a share of what all processors do. It is meant for the four of
# a Raspberry Pi 5: with fewer, a poll takes more of them, and only a pass says
# something.
share() {
	local processors

	processors=$(nproc)
	if ((processors >= 4)) || awk "BEGIN { exit !($2 < 1) }"; then
		under "$1" "$2" 1 %
	else
		result "$1" "$2" % 1 skip "measured on $processors of the four processors that it is meant for;" \
			"$(awk "BEGIN { printf \"%.2f\", $2 * $processors / 4 }") % of four such"
	fi
}

# The script that polls: COMMAND... in a shell of its own. It sleeps without starting
# a program.
cat >"$SCRATCH/poll" <<POLL
exec 9<>"$SCRATCH/sleep"
next=\${EPOCHREALTIME/./}
while "\$@" >/dev/null; do
	echo >>"$SCRATCH/polls"
	next=\$((next + 100000)) left=\$((next - \${EPOCHREALTIME/./}))
	if ((left > 0)); then
		printf -v left '0.%06d' \$left
		read -rt \$left <&9
	fi
done
POLL
mkfifo "$SCRATCH/sleep"
fake_root
status="'$DAEDALUSCTL' status --json --socket '$SOCKET' --root '$ROOT'"

# poll_beside PAIRS PREPARATION COMMAND: decodes with and without COMMAND beside it.
poll_beside() {
	: >"$SCRATCH/polls"
	"$BENCH_DECODE" --pairs="$1" --seconds=$SECONDS_EACH --socket="$SOCKET" \
		--beside="$2; set -- $3; . '$SCRATCH/poll'" "$(clip h264 1920x1080)" >"$SCRATCH/pairs"
	cat "$SCRATCH/pairs" >&2
}

# What starting any program ten times a second takes of that, to compare with.
poll_beside 5 : /bin/true
floor=$(median "$(nproc) * 100 * (command + control)" "$SCRATCH/pairs")

poll_beside "$PAIRS" "[[ -s '$SCRATCH/first.json' ]] || $status >'$SCRATCH/first.json'" "$status"
polls=$(wc -l <"$SCRATCH/polls")
sessions=$(jq '.sessions | length' "$SCRATCH/first.json" || true)
[[ $sessions == 1 ]] || result status_polling/sessions_seen "$sessions" sessions 1 fail
if ((polls >= PAIRS * SECONDS_EACH * 10)); then
	result status_polling/polls "$polls" polls $((PAIRS * SECONDS_EACH * 10)) pass
else
	result status_polling/polls "$polls" polls $((PAIRS * SECONDS_EACH * 10)) fail
fi
result status_polling/decode_alone "$(median alone "$SCRATCH/pairs")" pictures/s - pass
result status_polling/decode_polled "$(median beside "$SCRATCH/pairs")" pictures/s - pass
result status_polling/cost_of_starting_a_program "$floor" ms - pass
result status_polling/cost_of_a_poll "$(median "$(nproc) * 100 * (command + control)" "$SCRATCH/pairs")" ms - pass
share status_polling/throughput_lost "$(median '100 * (1 - beside / alone)' "$SCRATCH/pairs")"
share status_polling/processors_taken "$(median '100 * (command + control)' "$SCRATCH/pairs")"
