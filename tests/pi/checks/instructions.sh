#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Instructions for a picture: worker, daemon and kernel against FFmpeg's decoder of the same machine. Both
# ends' starts go away in the difference between a long clip and a short one.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

check comes_up_to_count wait_for decoder_is_up 120 || exit 1
check compiles gcc -O2 -o /tmp/count-instructions /pi/count-instructions.c || exit 1

# count WHOSE COMMAND...: instructions of the machine while it runs, and in them the kernel's; without the command's
# own outside of the kernel, where WHOSE is "others". The worker that is kept for the next session is ready by then:
# its start takes a second here, which is what GStreamer waits for a picture.
count() {
	local all programs own

	sleep 5
	timeout 1500 /tmp/count-instructions "${@:2}" >/pi/count.txt 2>&1 || { tail -n 5 /pi/count.txt >&2; return 1; }
	read -r all programs own < <(tail -n 1 /pi/count.txt)
	[[ $1 == others ]] || own=0
	echo $((all - own)) $((all - programs))
}

# a_picture WHOSE COMMAND...: of a picture, in thousands, all and the kernel's; the word CLIP stands for the clip's
# name. What is read from the disk only once is read before.
a_picture() {
	local short short_kernel long long_kernel pictures

	pictures=$(($(</pi/count/more) * 1000))
	count "${@//CLIP//pi/count/short.mkv}" >/tmp/first || return 1
	count "${@//CLIP//pi/count/short.mkv}" >/tmp/short && count "${@//CLIP//pi/count/long.mkv}" >/tmp/long || return 1
	read -r short short_kernel </tmp/short
	read -r long long_kernel </tmp/long
	echo $(((long - short) / pictures)) $(((long_kernel - short_kernel) / pictures))
}

# A nanosecond for an instruction is slower than any machine that this is for: nobody is to be given up.
cp -p /etc/daedalus-v4l2.conf /tmp/
trap 'mv /tmp/daedalus-v4l2.conf /etc/' EXIT

# patient_with THREADS: for each session.
patient_with() {
	cat >/etc/daedalus-v4l2.conf <<-END
		[Sessions]
		JobTimeoutMs=20000
		FrameDeadlineMs=15000
		[Worker]
		Threads=$1
	END
	systemctl restart daedalusd
	check "comes_up_with_$1_threads" wait_for decoder_is_up 60
}

for threads in 1 2; do
	patient_with "$threads" || exit 1
	read -r ffmpeg kernel < <(a_picture everybody ffmpeg -nostdin -v error -threads "$threads" -i CLIP -f null -)
	result "ffmpeg_${threads}_threads" "${ffmpeg:--}" thousand_instructions - \
		"$([[ ${ffmpeg:-0} -gt 0 ]] && echo pass || echo fail)" "the kernel's: ${kernel:--}"
	for format in NV12 I420; do
		bar=-
		[[ $format != I420 ]] || bar=1.05
		read -r ours kernel < <(a_picture others gst-launch-1.0 -q filesrc location=CLIP ! matroskademux ! h264parse ! \
			v4l2slh264dec ! "video/x-raw,format=$format" ! fakesink)
		ratio=$(awk -v a="${ours:-0}" -v b="${ffmpeg:-0}" 'BEGIN { if (b > 0) printf "%.3f", a / b; else print "-" }')
		verdict=$(awk -v r="$ratio" -v bar="$bar" 'BEGIN { print (r > 0 && (bar == "-" || r <= bar) ? "pass" : "fail") }')
		result "h264_${format}_${threads}_threads" "$ratio" "of_FFmpeg's" "$bar" "$verdict" \
			"${ours:--} thousand instructions, the kernel's: ${kernel:--}"
	done
done
