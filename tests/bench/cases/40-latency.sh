#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How long a client waits that sends one request at a time, against how long the
# library takes for the same picture with one thread: the median over all
# pictures of a clip, of which the middle one of all turns counts.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

TURNS=${TURNS:-${FULL:+15}} SECONDS_EACH=${SECONDS_EACH:-0.4}
LINES_FILE=$SCRATCH/lines

for codec in h264 vp9; do
	file=$(clip $codec 1920x1080)
	if ! compare "$LINES_FILE" "$file" "--turns=${TURNS:-9}" "--seconds=$SECONDS_EACH" library,threads=1 \
		worker,threads=1,depth=1,planar worker,threads=2,depth=1,planar worker,threads=1,depth=1; then
		result latency/$codec - - - fail "daedalus-bench-compare failed"
		continue
	fi
	result latency/$codec/library "$(figure "$LINES_FILE" 1 5)" ms - pass
	at_most latency/$codec/planar "$(figure "$LINES_FILE" 2 6)" 1.05 "of the library's"
	at_most latency/$codec/planar_threads_2 "$(figure "$LINES_FILE" 3 6)" 1.05 "of the library's"
	# The pass over the pixels comes on top; its bar is that of processor time.
	at_most latency/$codec/nv12 "$(figure "$LINES_FILE" 4 6)" 1.08 "of the library's"
done
