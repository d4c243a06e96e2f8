#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# apt install brings everything up; an upgrade while a client plays; a mix.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

use_repository 'deb [trusted=yes] file:/pi/repository trixie main'
timed apt_install apt-get -q -y install daedalus-v4l2 daedalusctl || exit 1
check comes_up wait_for decoder_is_up 30 || {
	systemctl status --no-pager daedalusd
	dmesg | tail -n 20
	dkms status
	exit 1
}
equal link_video "$(readlink -f /dev/video-dec0)" "/dev/$(cat "$SYSFS/video_device")"
check link_media test -c /dev/media-dec0
equal mode_video "$(stat -Lc '%a:%G' /dev/video-dec0)" 660:video
equal mode_media "$(stat -Lc '%a:%G' /dev/media-dec0)" 660:video
equal mode_bridge "$(stat -c '%a:%U' /dev/daedalus-v4l2)" 600:_daedalus
for node in video-dec0 video-stateful-dec0 media-dec0; do
	equal "uaccess_$node" "$(udevadm info -q property -n "/dev/$node" | grep -c '^TAGS=.*:uaccess:')" 1
done
exposure=$(systemd-analyze security --no-pager daedalusd.service | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
result security_exposure "$exposure" score 1.0 "$(awk -v e="$exposure" 'BEGIN { print (e != "" && e <= 1.0) ? "pass" : "fail" }')"
equal check_kernels "$(/usr/libexec/daedalus-v4l2/check-kernels --quiet 2>&1; echo $?)" 0
equal failed_units "$(systemctl --failed --no-legend | wc -l)" 0
timeout 200 v4l2-compliance -d /dev/video-dec0 -m /dev/media-dec0 >/pi/compliance.txt 2>&1
summary=$(tail -n 1 /pi/compliance.txt)
failed=$(sed -n 's/.*Failed: \([0-9]*\).*/\1/p' <<<"$summary")
result v4l2-compliance "${failed:--}" failures 0 "$([[ $failed == 0 ]] && echo pass || echo fail)" "$summary"
[[ $failed == 0 ]] || grep -B2 -A2 FAIL /pi/compliance.txt | head -n 30
play_exact stock
timeout 20 daedalusctl status >/pi/ctl-status.txt 2>&1
equal daedalusctl_status $? 0 || cat /pi/ctl-status.txt
runuser -u player -- timeout 20 daedalusctl status >/pi/ctl-status-user.txt 2>&1
equal daedalusctl_status_of_user $? 0 || cat /pi/ctl-status-user.txt

# A client plays for longer than the upgrade takes.
play_long
failed_before=$(cat "$SYSFS/counters/jobs_failed")
use_repository 'deb [trusted=yes] file:/pi/repository next main'
timed apt_upgrade apt-get -q -y upgrade || exit 1
playing=$(kill -0 "$player" 2>/dev/null && echo yes || echo no)
result client_played_through "$playing" - - pass "yes: the module was in use when the upgrade ended"
if [[ $playing == no ]]; then
	# On a slow machine the clip may have come to its end; nothing else may have ended it.
	wait "$player"
	equal client_ended_well "$?" 0 status
else
	says told_to_restart /pi/apt_upgrade.txt 'Restart the machine to use the new one'
	check restart_required grep -qx daedalus-v4l2-dkms /run/reboot-required.pkgs
fi
before=$(cat "$SYSFS/counters/jobs_completed")
check client_goes_on wait_for '! kill -0 '"$player"' 2>/dev/null || [[ $(cat "$SYSFS/counters/jobs_completed") -gt '$((before + 25))' ]]' 30
equal frames_lost_in_upgrade $(($(cat "$SYSFS/counters/jobs_failed") - failed_before)) 0 frames
pkill -u player
check client_ends wait_for '! kill -0 '"$player" 20
equal hung_tasks "$(dmesg | grep -c 'blocked for more than')" 0
play_exact upgraded

# Two protocols: apt refuses the mix; forced, the daemon refuses the module and
# says what to do.
apt-get -q -y --allow-downgrades --no-remove install /pi/mixed/daedalus-v4l2-dkms_*.deb >/pi/mix.txt 2>&1
equal apt_keeps_no_mix "$(dpkg-query -W -f '${Version}' daedalus-v4l2-dkms | grep -c mixed)-$(dpkg-query -W -f '${db:Status-Status}' daedalus-v4l2 2>/dev/null)" 0-installed
timed force_mix dpkg -i --force-depends /pi/mixed/daedalus-v4l2-dkms_*.deb
check daemon_refuses wait_for "journalctl -b -u daedalusd --no-pager | grep -q 'speaks 99'" 30
journalctl -b -u daedalusd --no-pager >/pi/mixed-journal.txt
says mix_names_both /pi/mixed-journal.txt 'speaks protocol [0-9]*.*speaks 99'
says mix_names_cure /pi/mixed-journal.txt 'same version of daedalus-v4l2'
systemctl status --no-pager daedalusd >/pi/mixed-status.txt 2>&1
says mix_in_systemctl_status /pi/mixed-status.txt 'speaks protocol [0-9]*.*speaks 99'
equal mix_does_not_loop "$(systemctl show -P NRestarts daedalusd)" 0
timeout 20 daedalusctl status >/pi/mixed-ctl.txt 2>&1
says mix_in_daedalusctl /pi/mixed-ctl.txt 'protocol 99|speaks 99'
timed mend_mix apt-get -q -y -f install
check mended wait_for decoder_is_up 30
play_exact mended
