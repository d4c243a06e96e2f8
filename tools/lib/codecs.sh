# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# The codecs of this project, by FFmpeg's names for them, and what plays them
# in GStreamer. Source it.

# Order of the list in messages.
CODECS=(h264 vp9 av1 vp8 mpeg2video)

declare -A CODEC_TITLE=(
	[h264]='H.264' [vp9]='VP9' [av1]='AV1' [vp8]='VP8' [mpeg2video]='MPEG-2'
)

# GStreamer's element is v4l2slNAMEdec, with the number of the device in its
# name where a machine has several decoders: v4l2slvideo11NAMEdec.
declare -A CODEC_ELEMENT=(
	[h264]=h264 [vp9]=vp9 [av1]=av1 [vp8]=vp8 [mpeg2video]=mpeg2
)

# What cuts the stream into the frames that the decoder wants; parsebin stops
# at larger units for some containers. VP8 has only frames.
declare -A CODEC_PARSER=(
	[h264]=h264parse [vp9]=vp9parse [av1]=av1parse [vp8]=identity [mpeg2video]=mpegvideoparse
)

# V4L2's fourcc of the OUTPUT queue.
declare -A CODEC_FOURCC=(
	[h264]=S264 [vp9]=VP9F [av1]=AV1F [vp8]=VP8F [mpeg2video]=MG2S
)

# codec_titles: "H.264, VP9, ..."
codec_titles() {
	local codec line=''

	for codec in "${CODECS[@]}"; do
		line+="${line:+, }${CODEC_TITLE[$codec]}"
	done
	echo "$line"
}
