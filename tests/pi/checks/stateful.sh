#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The stateful node with the clients that Debian ships: each codec as libavcodec shows it here.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

check comes_up_after_restart wait_for decoder_is_up 60 || exit 1
equal number "$(readlink -f /dev/video-stateful-dec0)" /dev/video10
equal mode "$(stat -Lc '%a:%G' /dev/video-stateful-dec0)" 660:video
timeout 600 v4l2-compliance -d /dev/video10 -s10 --stream-from-hdr /pi/clip.hdr >/pi/compliance-stateful.txt 2>&1
summary=$(tail -n 1 /pi/compliance-stateful.txt)
for kind in Failed Warnings; do
	count=$(sed -n "s/.*$kind: \([0-9]*\).*/\1/p" <<<"$summary")
	result "v4l2-compliance_${kind,}" "${count:--}" - 0 "$([[ $count == 0 ]] && echo pass || echo fail)" "$summary"
done
grep -E 'FAIL|fail:|warn:' /pi/compliance-stateful.txt | head -n 20

# pictures FILE OPTION...: what ffmpeg makes of it, by their number and their sum.
pictures() {
	runuser -u player -- timeout 300 ffmpeg -nostdin -v error "${@:2}" -i "$1" -fps_mode passthrough -pix_fmt yuv420p \
		-f framemd5 - | awk -F, '!/^#/ { print $NF }' >/tmp/sums
	echo "$(wc -l </tmp/sums):$(md5sum </tmp/sums | cut -d' ' -f1)"
}

for clip in /pi/clips/*; do
	codec=${clip##*/} codec=${codec%.*}
	expected=$(pictures "$clip")
	result "${codec}_of_libavcodec" "${expected%:*}" pictures 100 "$([[ $expected == 100:* ]] && echo pass || echo fail)"
	equal "ffmpeg_${codec}_v4l2m2m" "$(pictures "$clip" -c:v "${codec}_v4l2m2m")" "$expected"
done
play_exact stateful v4l2h264dec

# seconds OPTION...: that ffmpeg decodes, without its start.
seconds() {
	runuser -u player -- timeout 600 ffmpeg -nostdin -v info -benchmark "$@" -i /pi/fast.mkv -pix_fmt yuv420p -f null - 2>&1 |
		sed -n 's/^bench:.*rtime=\([0-9.]*\)s$/\1/p'
}

# The client with the module against the same with libavcodec, both with as many threads. Where these keep all
# processors busy, what the client itself does has to wait for one.
cp -p /etc/daedalus-v4l2.conf /tmp/
for threads in $(seq 1 "$(nproc)"); do
	printf '[Worker]\nThreads=%s\n' "$threads" >/etc/daedalus-v4l2.conf
	systemctl restart daedalusd
	check "comes_up_with_${threads}_threads" wait_for decoder_is_up 60
	rm -f /tmp/ratios
	for turn in 1 2 3; do
		if ((turn % 2)); then
			ours=$(seconds -c:v h264_v4l2m2m) theirs=$(seconds -threads "$threads")
		else
			theirs=$(seconds -threads "$threads") ours=$(seconds -c:v h264_v4l2m2m)
		fi
		echo "$threads threads, turn $turn: h264_v4l2m2m $ours s, libavcodec $theirs s"
		awk -v a="$ours" -v b="$theirs" 'BEGIN { print (a > 0 ? b / a : 0) }' >>/tmp/ratios
	done
	ratio=$(sort -g /tmp/ratios | sed -n 2p)
	result "speed_of_h264_v4l2m2m_${threads}_threads" "$ratio" "of_ffmpeg's_own" 0.95 \
		"$(awk -v r="$ratio" 'BEGIN { print (r >= 0.95 ? "pass" : "fail") }')"
done
mv /tmp/daedalus-v4l2.conf /etc/
systemctl restart daedalusd
check comes_up_again wait_for decoder_is_up 60
equal jobs_failed "$(cat "$SYSFS/counters/jobs_failed")" 0
