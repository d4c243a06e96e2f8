#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a client gains by keeping several requests queued: the worker with two
# threads at depths 1, 2, 4 and 8, in turns, and the library with one thread and
# with two, which is the most that can be gained. The bar is for H.264: of VP9
# libavcodec decodes only parts of two pictures at a time.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

TURNS=${TURNS:-${FULL:+9}} SECONDS_EACH=${SECONDS_EACH:-0.4}
LINES_FILE=$SCRATCH/lines

processors=$(nproc)
for codec in h264 vp9; do
	file=$(clip $codec 1920x1080)
	if ! compare "$LINES_FILE" "$file" "--turns=${TURNS:-7}" "--seconds=$SECONDS_EACH" \
		worker,threads=2,depth=1 worker,threads=2,depth=2 worker,threads=2,depth=4 worker,threads=2,depth=8 \
		library,threads=1 library,threads=2; then
		result depth/$codec - - - fail "daedalus-bench-compare failed"
		continue
	fi
	result depth/$codec/depth_1 "$(figure "$LINES_FILE" 1 3)" pictures/s - pass
	at_least depth/$codec/depth_2 "$(ratio "$LINES_FILE" 3 2 1)" - "of depth 1"
	bar=1.6
	[[ $codec == h264 ]] || bar=-
	if ((processors >= 2)); then
		at_least depth/$codec/depth_4 "$(ratio "$LINES_FILE" 3 3 1)" $bar "of depth 1"
	else
		result depth/$codec/depth_4 "$(ratio "$LINES_FILE" 3 3 1)" "of depth 1" $bar skip \
			"two threads can't be faster than one on one processor"
	fi
	at_least depth/$codec/depth_8 "$(ratio "$LINES_FILE" 3 4 1)" - "of depth 1"
	at_least depth/$codec/library_threads_2 "$(ratio "$LINES_FILE" 3 6 5)" - "of the library's with one"
done
