# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Playing streams with GStreamer and comparing every frame with FFmpeg's own
# decoder, for case scripts. Source guest.sh and client.sh before it.

PLAYER=/build/trixie/tests/support/gst/daedalus-gst-player
PLAYERS_DIR=/tmp/players
# Starting FFmpeg costs seconds here, so several streams share one process.
REFERENCE_BATCH=8

# GStreamer looks at every plugin there is when it starts; these will do.
few_plugins() {
	local plugin

	mkdir -p /tmp/plugins
	for plugin in coreelements ivfparse matroska videoparsersbad v4l2codecs video4linux2; do
		ln -sf /usr/lib/*/gstreamer-1.0/libgst$plugin.so /tmp/plugins/
	done
	export GST_PLUGIN_SYSTEM_PATH_1_0=/tmp/plugins GST_REGISTRY_FORK=no
}

# reference_frames STREAM...: NAME.framemd5 of each, by FFmpeg's software
# decoder. A stream that it can't decode gets an empty file.
reference_frames() {
	local stream arguments=() outputs=() index=0

	for stream in "$@"; do
		arguments+=(-threads 1 -i "$stream")
		outputs+=(-map "$index:v" -fps_mode passthrough -noautoscale -pix_fmt yuv420p -f framemd5
			"$PLAYERS_DIR/${stream##*/}.framemd5")
		index=$((index + 1))
	done
	ffmpeg -nostdin -v error -y "${arguments[@]}" "${outputs[@]}" 2>>/results/ffmpeg.log && return
	(($# > 1)) || {
		: >"$PLAYERS_DIR/${1##*/}.framemd5"
		return
	}
	# One of them spoils the rest: one by one.
	for stream in "$@"; do
		reference_frames "$stream"
	done
}

# make_references STREAM...
make_references() {
	while (($#)); do
		reference_frames "${@:1:REFERENCE_BATCH}"
		shift $(($# < REFERENCE_BATCH ? $# : REFERENCE_BATCH))
	done
}

# play_and_compare PREFIX CODEC STREAM...: one result for each stream. A codec with
# "stateful-" in front: by the stateful decoder.
play_and_compare() {
	local prefix=$1 codec=$2 stream streams=("${@:3}")

	rm -rf "$PLAYERS_DIR"
	mkdir -p "$PLAYERS_DIR"
	make_references "${streams[@]}"
	few_plugins
	for stream in "${streams[@]}"; do
		printf '%s\t%s\t%s\t60\tNV12\n' "${stream##*/}" "$codec" "$stream"
	done >"$PLAYERS_DIR/list"
	"$PLAYER" --patience 15 --frames "$PLAYERS_DIR" "$PLAYERS_DIR/list" >"$PLAYERS_DIR/answers" ||
		result "$prefix/player" $? status 0 fail "$PLAYER"
	compare_frames "$prefix" frames "${streams[@]}"
}

# compare_frames PREFIX SUFFIX STREAM...: one result for each.
compare_frames() {
	python3 /src/tests/uml/lib/compare_frames.py "$1" "$PLAYERS_DIR" "$2" "$PLAYERS_DIR/answers" "${@:3}"
}

# ffmpeg_and_compare PREFIX DECODER STREAM...: FFmpeg's own client of stateful
# decoders, such as h264_v4l2m2m, against its software decoders.
ffmpeg_and_compare() {
	local prefix=$1 decoder=$2 stream base status end missing=()

	shift 2
	mkdir -p "$PLAYERS_DIR"
	: >"$PLAYERS_DIR/answers"
	for stream in "$@"; do
		[[ -e $PLAYERS_DIR/${stream##*/}.framemd5 ]] || missing+=("$stream")
	done
	make_references "${missing[@]}"
	for stream in "$@"; do
		base=$PLAYERS_DIR/${stream##*/} status=0 end='done'
		timeout -k 5 60 ffmpeg -nostdin -v error -y -c:v "$decoder" -i "$stream" \
			-fps_mode passthrough -noautoscale -pix_fmt yuv420p -f framemd5 "$base.m2m" \
			>"$base.log" 2>&1 || status=$?
		if ((status)); then
			end="status $status"
			cp "$base.log" "/results/${stream##*/}.m2m.log"
		fi
		printf '%s\t%s\t%s\n' "${stream##*/}" "$end" "$(tail -n 1 "$base.log")" >>"$PLAYERS_DIR/answers"
	done
	compare_frames "$prefix" m2m "$@"
}
