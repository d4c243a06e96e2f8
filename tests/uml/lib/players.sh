# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Playing streams with GStreamer and comparing every frame with FFmpeg's own
# decoder, for case scripts. Source guest.sh and client.sh before it.

# Starting a program costs a second here, so several streams share one. Played
# one behind the other they also make the player change its size and formats.
PLAYERS_BATCH=${PLAYERS_BATCH:-8}
PLAYERS_DIR=/tmp/players

# reference_frames STREAM...: NAME.framemd5 of each, by FFmpeg's software
# decoder. A stream that it can't decode gets an empty file.
reference_frames() {
	local stream arguments=() outputs=() index=0

	for stream in "$@"; do
		arguments+=(-threads 1 -i "$stream")
		outputs+=(-map "$index:v" -fps_mode passthrough -pix_fmt yuv420p -f framemd5
			"$PLAYERS_DIR/$(basename "$stream").framemd5")
		index=$((index + 1))
	done
	ffmpeg -nostdin -v error -y "${arguments[@]}" "${outputs[@]}" 2>/results/ffmpeg.log && return
	(($# > 1)) || { : >"$PLAYERS_DIR/$(basename "$1").framemd5"; return; }
	# One of them spoils the rest: one by one.
	for stream in "$@"; do
		reference_frames "$stream"
	done
}

# play_one_file PREFIX STREAM...: plays them as one stream through the module
# and compares. The status is 0 if every frame was the same; then, and for a
# single stream always, there is a result for each.
play_one_file() {
	local prefix=$1 stream name

	shift
	for stream in "$@"; do
		name=$(basename "$stream")
		echo "$prefix/$name $stream $PLAYERS_DIR/$name.framemd5"
	done >"$PLAYERS_DIR/list"
	cat "$@" >"$PLAYERS_DIR/stream"
	if ! timeout 90 gst-launch-1.0 -q filesrc location="$PLAYERS_DIR/stream" ! h264parse ! \
		v4l2slh264dec ! video/x-raw,format=NV12 ! filesink location="$PLAYERS_DIR/raw" \
		>>/results/gstreamer.log 2>&1; then
		(($# > 1)) || result "$prefix/$name" 0 frames - fail "GStreamer failed, see gstreamer.log"
		return 1
	fi
	"$CLIENT" compare --list "$PLAYERS_DIR/list" "$PLAYERS_DIR/raw"
}

# play_and_compare PREFIX STREAM...
play_and_compare() {
	local prefix=$1 batch good stream

	shift
	while (($#)); do
		batch=("${@:1:PLAYERS_BATCH}")
		shift "${#batch[@]}"
		mkdir -p "$PLAYERS_DIR"
		reference_frames "${batch[@]}"
		good=()
		for stream in "${batch[@]}"; do
			if grep -q '^[^#]' "$PLAYERS_DIR/$(basename "$stream").framemd5"; then
				good+=("$stream")
			else
				result "$prefix/$(basename "$stream")" 0 frames - skip "FFmpeg decodes no frame of it"
			fi
		done
		if ((${#good[@]})) && ! play_one_file "$prefix" "${good[@]}" && ((${#good[@]} > 1)); then
			for stream in "${good[@]}"; do
				play_one_file "$prefix" "$stream"
			done
		fi
		rm -rf "$PLAYERS_DIR"
	done
}
