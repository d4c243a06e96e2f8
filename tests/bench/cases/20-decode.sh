#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Pictures per second and processor time of the worker, against ffmpeg and
# against the decoder library alone, all with as many threads, in turns.
#
# CODECS, SIZES and TURNS choose less or more; FULL=1 adds 3840x2160.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"
# shellcheck source=tests/bench/tree.sh
. "$SOURCE_DIR/tests/bench/tree.sh"

CODECS=${CODECS:-h264 vp9 av1 vp8 mpeg2}
SIZES=${SIZES:-640x360 1920x1080${FULL:+ 3840x2160}}
TURNS=${TURNS:-${FULL:+9}} SECONDS_EACH=${SECONDS_EACH:-0.4}
TABLE=$BUILD_DIR/bench/decode.md

# The bars are for these; of the rest the figures are shown.
bars_for() {
	[[ $2 == 1920x1080 && $1 =~ ^(h264|vp9|av1)$ ]]
}

row() {
	printf '| %s | %s | %s |' "$1" "$2" "$3"
	printf ' %s |' "${@:4}"
	printf '\n'
}

# measure CODEC SIZE THREADS
measure() {
	local codec=$1 size=$2 threads=$3 name=decode/$1/${2#*x}p/threads_$3 lines=$SCRATCH/lines file against=4
	local frames_planar=- frames_nv12=- time_planar=- time_nv12=- turns=${TURNS:-5} who figures=()

	# Small pictures have no bars.
	[[ -n $TURNS || $size != 640x360 ]] || turns=3
	if bars_for "$codec" "$size"; then
		frames_planar=0.97 frames_nv12=0.93 time_planar=1.03 time_nv12=1.08
	fi
	file=$(clip "$codec" "$size")
	if ! compare "$lines" "$file" "--turns=$turns" "--seconds=$SECONDS_EACH" "library,threads=$threads" \
		"worker,threads=$threads,planar" "worker,threads=$threads" \
		"$(ffmpeg_on "$file" "$threads")" "$(ffmpeg_on "$file" "$threads" -pix_fmt nv12)"; then
		result "$name" - - - fail "daedalus-bench-compare failed"
		return
	fi
	for who in 1 2 3 4 5; do
		figures+=("$(figure "$lines" $who 3 | cut -d. -f1), $(figure "$lines" $who 4 | cut -c1-5)")
	done
	row "$codec" "${size#*x}p" "$threads" "${figures[@]}" >>"$TABLE"
	# AV1's bar is dav1d itself.
	[[ $codec != av1 ]] || against=1
	at_least "$name/planar/pictures" "$(ratio "$lines" 3 2 $against)" $frames_planar "of ffmpeg's"
	at_least "$name/nv12/pictures" "$(ratio "$lines" 3 3 $((against == 1 ? 1 : 5)))" $frames_nv12 "of ffmpeg's"
	at_most "$name/planar/processor_time" "$(ratio "$lines" 4 2 1)" $time_planar "of the library's"
	at_most "$name/nv12/processor_time" "$(ratio "$lines" 4 3 1)" $time_nv12 "of the library's"
}

mkdir -p "$(dirname "$TABLE")"
{
	row codec lines threads 'library alone' 'worker, planar' 'worker, NV12' ffmpeg 'ffmpeg -pix_fmt nv12'
	row --- --- --- --- --- --- --- ---
} >"$TABLE"
for codec in $CODECS; do
	use_host
	if [[ $codec == av1 ]] && ! has_av1; then
		if ! use_tree; then
			result decode/av1 - - - skip "$NO_TREE"
			continue
		fi
	fi
	for size in $SIZES; do
		for threads in 1 2; do
			measure "$codec" "$size" $threads
		done
	done
done
log "pictures per second and milliseconds of processor time for one; also in $TABLE:"
cat "$TABLE" >&2
