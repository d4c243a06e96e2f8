#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What it costs to write a 1080p picture by libyuv and by a GPU, in turns in one
# process. Figures without a bar: which of them is the better depends on the
# machine, and the daemon asks that of it as well.
#
# GPU=NAME takes the device of that name.

# shellcheck source=tests/bench/bench.sh
. "$(dirname "$0")/../bench.sh"

GPU=${GPU:-}
LINES_FILE=$SCRATCH/lines

# show PREFIX: the lines that the program has printed.
show() {
	local format cpu cpu_wall gpu gpu_wall copied software device

	while IFS=$'\t' read -r format cpu cpu_wall gpu gpu_wall copied software device; do
		result "$1/$format/libyuv/processor_time" "$cpu" ms - pass
		result "$1/$format/libyuv/wall_time" "$cpu_wall" ms - pass
		result "$1/$format/gpu/processor_time" "$gpu" ms - pass "$(remark "$copied" "$software" "$device")"
		result "$1/$format/gpu/wall_time" "$gpu_wall" ms - pass
	done <"$LINES_FILE"
}

# remark COPIED SOFTWARE DEVICE
remark() {
	echo "$3$([[ $2 == 0 ]] || echo ': the GPU is the CPU here')$([[ $1 == 0 ]] || echo ', with copies')"
}

if [[ -z $GPU ]] && ! "$BENCH_GPU" --rounds=1 >/dev/null 2>&1; then
	log 'no GPU: the one in software instead'
	GPU=llvmpipe
fi
for way in shared copied; do
	options=(--device="$GPU")
	[[ $way == shared ]] || options+=(--copied)
	if "$BENCH_GPU" "${options[@]}" >"$LINES_FILE" 2>"$SCRATCH/error"; then
		show "gpu/$way"
	else
		result "gpu/$way" - - - fail "$(tail -n 1 "$SCRATCH/error")"
	fi
done
