#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the worker does for a request once it runs: system calls, copies and bytes
# of the bitstream, passes over the pixels, allocations. Counted, not measured:
# whatever else the machine does changes little.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

# value NAME FILE: a figure of daedalus-bench-steady; 0 for a call that was not made.
value() {
	awk -F '\t' -v name="$1" '$1 == name { value = $2 } END { print value + 0 }' "$2"
}

# device_calls FILE: what would be calls on the session fd. The socket that stands
# in for it takes two or more for a message: a look, and pieces. The look is the
# read. Futexes are between the decoder's threads.
device_calls() {
	awk -F '\t' '/^call\// && $1 != "call/recvmsg" && $1 != "call/futex" { sum += $2 } END { print sum + 0 }' "$1"
}

# show NAME FILE CALLS COPIES PASSES ALLOCATIONS: against these bars.
show() {
	local name=steady/$1 file=$2 copies passes bytes

	copies=$(awk "BEGIN { print $(value copies/read "$file") + $(value copies/journal "$file") }")
	passes=$(value pixel_passes "$file")
	bytes=$(awk "BEGIN { print $copies * $(value bitstream_bytes "$file") + $passes * $(value picture_bytes "$file") }")
	at_most "$name/system_calls" "$(device_calls "$file")" "$3" per_request
	result "$name/futex_calls" "$(value call/futex "$file")" per_request - pass
	at_most "$name/bitstream_copies" "$copies" "$4" per_request
	at_most "$name/pixel_passes" "$passes" "$5" per_request
	result "$name/bytes_copied" "$bytes" per_request - pass
	at_most "$name/allocations" "$(value allocations/own "$file")" "$6" per_request
	result "$name/library_allocations" "$(value allocations/libraries "$file")" per_request - pass
}

# count NAME CODEC OPTIONS BARS...
count() {
	local file=$SCRATCH/counts

	# shellcheck disable=SC2086 # several options
	if "$BENCH_STEADY" $3 "$(clip "$2" 1920x1080)" >"$file"; then
		show "$1" "$file" "${@:4}"
	else
		result "steady/$1" - - - fail "daedalus-bench-steady failed"
	fi
}

count h264/planar h264 --planar 3 1 0 0
count h264/planar_lock_step h264 '--planar --depth=1' 3 1 0 0
count h264/planar_threads_2 h264 '--planar --threads=2' 3 1 0 0
# Each picture is pushed out, once nothing else has come for a moment.
count h264/planar_lock_step_threads_2 h264 '--planar --depth=1 --threads=2' 3 1 0 0
# JournalKiB=0: nothing is kept for a worker after this one.
count h264/planar_without_journal h264 '--planar --no-journal' 3 1 0 0
count h264/nv12 h264 '' 3 1 1 0
count vp9/planar vp9 --planar 3 1 0 0
