# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the benchmarks share. A case starts with:  . "$(dirname "$0")/../bench.sh"

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/results.sh
. "$SOURCE_DIR/tests/lib/results.sh"

# shellcheck disable=SC2034 # for the cases
BENCH_DECODE=$BUILD_DIR/host/tests/bench/daedalus-bench-decode
# shellcheck disable=SC2034
DAEDALUSCTL=$BUILD_DIR/host/src-ctl/daedalusctl
CLIPS=$BUILD_DIR/bench/clips
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# clip WIDTHxHEIGHT BITRATE: prints the file of an H.264 clip, made once: two
# seconds of a moving picture with noise on it, as a camera's.
clip() {
	local file=$CLIPS/$1-$2.h264

	if [[ ! -s $file ]]; then
		mkdir -p "$CLIPS"
		quietly "$CLIPS/ffmpeg.log" ffmpeg -nostdin -v error -y \
			-f lavfi -i "testsrc2=size=$1:rate=25,noise=alls=8:allf=t" -frames:v 50 \
			-pix_fmt yuv420p -threads 1 -c:v libx264 -preset fast -b:v "$2" -f h264 "$file.new"
		mv "$file.new" "$file"
	fi
	echo "$file"
}

# median EXPRESSION FILE: of an awk expression over what daedalus-bench-decode
# printed: alone and beside are pictures per second, command and control are
# shares of all processors.
median() {
	awk -F '\t' "{ alone = \$1; beside = \$2; command = \$3; control = \$4; print $1 }" "$2" | sort -g |
		awk '{ v[NR] = $1 } END { printf "%.4f\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# under NAME VALUE BAR UNIT: pass if VALUE is less than BAR.
under() {
	if awk "BEGIN { exit !($2 < $3) }"; then
		result "$1" "$2" "$4" "$3" pass
	else
		result "$1" "$2" "$4" "$3" fail
	fi
}
