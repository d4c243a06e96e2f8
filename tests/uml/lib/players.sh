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
			"$PLAYERS_DIR/$(basename "$stream").framemd5")
		index=$((index + 1))
	done
	ffmpeg -nostdin -v error -y "${arguments[@]}" "${outputs[@]}" 2>>/results/ffmpeg.log && return
	(($# > 1)) || {
		: >"$PLAYERS_DIR/$(basename "$1").framemd5"
		return
	}
	# One of them spoils the rest: one by one.
	for stream in "$@"; do
		reference_frames "$stream"
	done
}

# compare_frames NAME STREAM END MESSAGE: one result for a stream that was
# played; what is wrong is told only if something is.
compare_frames() {
	local name=$1 base=$PLAYERS_DIR/$(basename "$2") end=$3 message=$4 wanted got different

	wanted=$(grep -vc '^#' "$base.framemd5")
	if ((wanted == 0)); then
		result "$name" 0 frames - skip "FFmpeg decodes no frame of it"
		return
	fi
	touch "$base.frames"
	got=$(wc -l <"$base.frames")
	different=$(paste <(sed -n '/^#/!s/.*, *//p' "$base.framemd5") <(awk '{ print $NF }' "$base.frames") |
		awk -F '\t' '$1 != $2 { n++ } END { print n + 0 }')
	if [[ $end == done ]] && ((got == wanted && different == 0)); then
		result "$name" "$got" frames "$wanted" pass
	else
		result "$name" "$got" frames "$wanted" fail "$different frames differ; player: $end $message"
	fi
}

# play_and_compare PREFIX CODEC STREAM...: one result for each stream. A codec with
# "stateful-" in front: by the stateful decoder.
play_and_compare() {
	local prefix=$1 codec=$2 stream id end message streams=()

	shift 2
	streams=("$@")
	rm -rf "$PLAYERS_DIR"
	mkdir -p "$PLAYERS_DIR"
	while (($#)); do
		reference_frames "${@:1:REFERENCE_BATCH}"
		shift $(($# < REFERENCE_BATCH ? $# : REFERENCE_BATCH))
	done
	few_plugins
	for stream in "${streams[@]}"; do
		printf '%s\t%s\t%s\t60\tNV12\n' "$(basename "$stream")" "$codec" "$stream"
	done >"$PLAYERS_DIR/list"
	"$PLAYER" --patience 15 --frames "$PLAYERS_DIR" "$PLAYERS_DIR/list" >"$PLAYERS_DIR/answers" ||
		result "$prefix/player" $? status 0 fail "$PLAYER"
	for stream in "${streams[@]}"; do
		id=$(basename "$stream")
		IFS=$'\t' read -r end message < <(awk -F '\t' -v id="$id" \
			'$1 == id { print $2 "\t" $NF }' "$PLAYERS_DIR/answers")
		compare_frames "$prefix/$id" "$stream" "${end:-missing}" "${message:-}"
	done
}

# ffmpeg_and_compare PREFIX DECODER STREAM...: FFmpeg's own client of stateful
# decoders, such as h264_v4l2m2m, against its software decoders.
ffmpeg_and_compare() {
	local prefix=$1 decoder=$2 stream base status wanted got different

	shift 2
	mkdir -p "$PLAYERS_DIR"
	for stream in "$@"; do
		base=$PLAYERS_DIR/$(basename "$stream")
		[[ -e $base.framemd5 ]] || reference_frames "$stream"
		status=0
		timeout -k 5 60 ffmpeg -nostdin -v error -y -c:v "$decoder" -i "$stream" \
			-fps_mode passthrough -noautoscale -pix_fmt yuv420p -f framemd5 "$base.m2m" \
			>"$base.log" 2>&1 || status=$?
		touch "$base.m2m"
		wanted=$(grep -vc '^#' "$base.framemd5")
		got=$(grep -vc '^#' "$base.m2m")
		different=$(paste <(sed -n '/^#/!s/.*, *//p' "$base.framemd5") \
			<(sed -n '/^#/!s/.*, *//p' "$base.m2m") | awk -F '\t' '$1 != $2 { n++ } END { print n + 0 }')
		if ((status == 0 && got == wanted && different == 0 && wanted > 0)); then
			result "$prefix/$(basename "$stream")" "$got" frames "$wanted" pass
		else
			result "$prefix/$(basename "$stream")" "$got" frames "$wanted" fail \
				"$different frames differ; status $status; $(tail -n 1 "$base.log")"
			cp "$base.log" "/results/$(basename "$stream").m2m.log"
		fi
	done
}
