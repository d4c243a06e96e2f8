#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The test machine itself: the kernel's own stateless decoder driver passes
# v4l2-compliance in it, and GStreamer has the elements that the cases need.
# timeout: 120

# shellcheck source=tests/uml/lib/guest.sh
. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/compliance.sh

modprobe visl
video=$(video_node visl)
media=$(media_node visl)
v4l2-compliance -d "$video" -m "$media" >/results/visl-compliance.txt 2>&1
judge_total visl_compliance_failures /results/visl-compliance.txt Failed tests fail

# The elements exist only while there is a decoder.
for element in v4l2slh264dec v4l2slvp8dec v4l2slvp9dec v4l2slmpeg2dec v4l2slav1dec; do
	check "gst_$element" gst-inspect-1.0 "$element"
done
check gst_h264parse gst-inspect-1.0 h264parse
check ffmpeg_x264 ffmpeg -v error -f lavfi -i testsrc2=size=64x64:duration=1 -c:v libx264 -f null -
check visl_unloads rmmod visl
