#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The most memory that the worker of a 1080p session has ever had, without the
# client's buffers, and for NV12 without the pictures that the stream needs for
# reference: those are in the client's buffers when they are planar.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"
# shellcheck source=tests/bench/tree.sh
. "$SOURCE_DIR/tests/bench/tree.sh"

LINES_FILE=$SCRATCH/lines

for codec in h264 vp9 av1 vp8 mpeg2; do
	use_host
	if [[ $codec == av1 ]] && ! has_av1 && ! use_tree; then
		result memory/av1 - - - skip "$NO_TREE"
		continue
	fi
	file=$(clip $codec 1920x1080)
	if ! compare "$LINES_FILE" "$file" --turns=1 --seconds=0.1 worker,threads=2,depth=8,planar \
		worker,threads=2,depth=8 "$(ffmpeg_on "$file" 2)"; then
		result memory/$codec - - - fail "daedalus-bench-compare failed"
		continue
	fi
	planar=$(figure "$LINES_FILE" 1 7) nv12=$(figure "$LINES_FILE" 2 7) reference=$(figure "$LINES_FILE" 2 8)
	at_most memory/$codec/planar "$(awk "BEGIN { printf \"%.1f\", $planar / 1024 }")" 60 MiB
	at_most memory/$codec/nv12 "$(awk "BEGIN { printf \"%.1f\", ($nv12 - $reference) / 1024 }")" 60 MiB
	result memory/$codec/ffmpeg "$(awk "BEGIN { printf \"%.1f\", $(figure "$LINES_FILE" 3 7) / 1024 }")" MiB - pass
done
