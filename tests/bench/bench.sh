# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the benchmarks share. A case starts with:  . "$(dirname "$0")/../bench.sh"

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/results.sh
. "$SOURCE_DIR/tests/lib/results.sh"

BENCH_BUILD=$BUILD_DIR/host/tests/bench
BENCH_COMPARE=$BENCH_BUILD/daedalus-bench-compare
# shellcheck disable=SC2034 # for the cases
BENCH_DECODE=$BENCH_BUILD/daedalus-bench-decode
# shellcheck disable=SC2034
BENCH_GPU=$BENCH_BUILD/daedalus-bench-gpu
# shellcheck disable=SC2034
BENCH_STEADY=$BENCH_BUILD/daedalus-bench-steady
# shellcheck disable=SC2034
DAEDALUSCTL=$BUILD_DIR/host/src-ctl/daedalusctl
CLIPS=$BUILD_DIR/bench/clips
FULL=${FULL:-}
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# encode FILE SIZE OPTION...: two and a half seconds of a moving picture with
# noise on it, as a camera's, the same every time.
encode() {
	local file=$1 size=$2

	shift 2
	quietly "$CLIPS/ffmpeg.log" ffmpeg -nostdin -v error -y \
		-f lavfi -i "testsrc2=size=$size:rate=25,noise=alls=8:all_seed=1:allf=t" -frames:v 64 \
		-pix_fmt yuv420p -threads 1 "$@" "$file"
}

# kilobits SIZE EIGHTHS: a bit rate for the size, so many eighths of one bit
# for ten pixels.
kilobits() {
	local width=${1%x*} height=${1#*x}

	echo $((width * height * 25 * $2 / 8 / 10 / 1000))k
}

# clip CODEC SIZE: prints the file of a clip, made once. All of them have a key
# frame every 32 pictures, and decoders see no difference between two rounds.
clip() {
	local codec=$1 size=$2 file

	case $codec in
	h264) file=$CLIPS/$codec-$size.h264 ;;
	mpeg2) file=$CLIPS/$codec-$size.m2v ;;
	*) file=$CLIPS/$codec-$size.ivf ;;
	esac
	if [[ ! -s $file ]]; then
		mkdir -p "$CLIPS"
		case $codec in
		h264)
			# In Matroska as well: ffmpeg begins no bare stream again.
			encode "$file.mkv" "$size" -c:v libx264 -preset fast -b:v "$(kilobits "$size" 12)" \
				-x264-params keyint=32:scenecut=0 &&
				quietly "$CLIPS/ffmpeg.log" ffmpeg -nostdin -v error -y -i "$file.mkv" -c copy -f h264 "$file.new"
			;;
		mpeg2)
			encode "$file.new" "$size" -c:v mpeg2video -b:v "$(kilobits "$size" 24)" -g 32 -bf 2 -f mpeg2video
			;;
		vp8)
			encode "$file.new" "$size" -c:v libvpx -b:v "$(kilobits "$size" 12)" -g 32 -deadline realtime \
				-cpu-used 8 -f ivf
			;;
		vp9)
			encode "$file.new" "$size" -c:v libvpx-vp9 -b:v "$(kilobits "$size" 9)" -g 32 -deadline realtime \
				-cpu-used 7 -f ivf
			;;
		av1)
			encode "$file.new" "$size" -c:v libsvtav1 -preset 10 -b:v "$(kilobits "$size" 8)" -g 32 \
				-svtav1-params lp=1 -f ivf
			;;
		esac || return
		mv "$file.new" "$file"
	fi
	echo "$file"
}

# ffmpeg_on FILE THREADS [OPTION...]: the words for daedalus-bench-compare that
# name ffmpeg's decode of a clip, output thrown away.
ffmpeg_on() {
	local file=$1 threads=$2

	shift 2
	[[ $file != *.h264 ]] || file=$file.mkv
	echo "command,ffmpeg -nostdin -nostats -hide_banner -benchmark -threads $threads" \
		"-stream_loop {loops} -i $file $* -f null -"
}

COMPARE=() # what compare() runs; see tree.sh

# compare FILE CLIP OPTION_OR_CONTESTANT...: daedalus-bench-compare's lines into
# FILE. False, with a result of its own, if it fails.
compare() {
	local file=$1 clip=$2 options=()

	shift 2
	while [[ ${1:-} == --* ]]; do
		options+=("$1")
		shift
	done
	"${COMPARE[@]:-$BENCH_COMPARE}" "${options[@]}" "$clip" "$@" >"$file" && [[ -s $file ]]
}

# figure FILE CONTESTANT COLUMN: the median of its turns.
figure() {
	awk -F '\t' -v who="$2" -v column="$3" '$2 == who { print $column }' "$1" | middle
}

# ratio FILE COLUMN A B: the median over the turns of A's figure by B's.
ratio() {
	awk -F '\t' -v column="$2" -v a="$3" -v b="$4" '
		$2 == a { of_a[$1] = $column }
		$2 == b { of_b[$1] = $column }
		END { for (turn in of_a) print of_a[turn] / of_b[turn] }' "$1" | middle
}

# middle: the median of the lines.
middle() {
	sort -g | awk '{ v[NR] = $1 } END { printf "%.4f\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# median EXPRESSION FILE: of an awk expression over what daedalus-bench-decode
# printed: alone and beside are pictures per second, command and control are
# shares of all processors.
median() {
	awk -F '\t' "{ alone = \$1; beside = \$2; command = \$3; control = \$4; print $1 }" "$2" | middle
}

# held NAME VALUE OPERATOR BAR UNIT: pass if VALUE OPERATOR BAR.
held() {
	# What is no number is no pass.
	if [[ $2 =~ ^-?[0-9.]+(e[+-]?[0-9]+)?$ ]] && awk "BEGIN { exit !($2 $3 $4) }"; then
		result "$1" "$2" "$5" "$4" pass
	else
		result "$1" "$2" "$5" "$4" fail
	fi
}

# under NAME VALUE BAR UNIT: pass if VALUE is less than BAR.
under() {
	held "$1" "$2" '<' "$3" "$4"
}

# at_least NAME VALUE BAR UNIT, at_most NAME VALUE BAR UNIT; without a bar ("-")
# the figure is only shown.
at_least() {
	bar_or_figure "$1" "$2" '>=' "$3" "$4"
}
at_most() {
	bar_or_figure "$1" "$2" '<=' "$3" "$4"
}
bar_or_figure() {
	if [[ $4 == - ]]; then
		result "$1" "$2" "$5" - pass
	else
		held "$@"
	fi
}
