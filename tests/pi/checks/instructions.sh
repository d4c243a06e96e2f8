#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Instructions for a picture: worker, daemon and kernel against FFmpeg's decoder of the same machine. Both
# ends' starts go away in the difference between a long clip and a short one.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

check comes_up_to_count wait_for decoder_is_up 120 || exit 1
check compiles gcc -O2 -o /tmp/count-instructions /pi/count-instructions.c || exit 1

# count WHOSE COMMAND...: instructions of the machine while it runs; without the command's own outside of the
# kernel, where WHOSE is "others". The worker that is kept for the next session is ready by then: its start takes a
# second here, which is what GStreamer waits for a picture.
count() {
	local all user

	sleep 5
	timeout 1500 /tmp/count-instructions "${@:2}" >/pi/count.txt 2>&1 || { tail -n 5 /pi/count.txt >&2; return 1; }
	read -r all user < <(tail -n 1 /pi/count.txt)
	[[ $1 == everybody ]] && user=0
	echo $((all - user))
}

# a_picture WHOSE COMMAND...: of a picture, in thousands; the word CLIP stands for the clip's name. What is read
# from the disk only once is read before.
a_picture() {
	local short long

	count "${@//CLIP//pi/count/short.mkv}" >/tmp/first || return 1
	short=$(count "${@//CLIP//pi/count/short.mkv}") && long=$(count "${@//CLIP//pi/count/long.mkv}") || return 1
	echo "$short for the short clip, $long for the long one" >&2
	echo $(((long - short) / ($(</pi/count/more) * 1000)))
}

# A nanosecond for an instruction is slower than any machine that this is for: nobody is to be given up.
cp -p /etc/daedalus-v4l2.conf /tmp/
trap 'mv /tmp/daedalus-v4l2.conf /etc/' EXIT
cat >/etc/daedalus-v4l2.conf <<'END'
[Sessions]
JobTimeoutMs=20000
FrameDeadlineMs=15000
END
systemctl restart daedalusd
check comes_up_patiently wait_for decoder_is_up 60 || exit 1

ffmpeg=$(a_picture everybody ffmpeg -nostdin -v error -threads 1 -i CLIP -f null -)
result ffmpeg "${ffmpeg:--}" thousand_instructions - "$([[ ${ffmpeg:-0} -gt 0 ]] && echo pass || echo fail)"
for format in NV12 I420; do
	bar=-
	[[ $format != I420 ]] || bar=1.05
	ours=$(a_picture others gst-launch-1.0 -q filesrc location=CLIP ! matroskademux ! h264parse ! \
		v4l2slh264dec ! "video/x-raw,format=$format" ! fakesink)
	ratio=$(awk -v a="${ours:-0}" -v b="${ffmpeg:-0}" 'BEGIN { if (b > 0) printf "%.3f", a / b; else print "-" }')
	verdict=$(awk -v r="$ratio" -v bar="$bar" 'BEGIN { print (r > 0 && (bar == "-" || r <= bar) ? "pass" : "fail") }')
	result "h264_$format" "$ratio" "of_FFmpeg's" "$bar" "$verdict" "${ours:--} thousand instructions"
done
