#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The newer kernel with pages of 16 KiB; then remove, purge, install again.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

equal page_size "$(getconf PAGESIZE)" 16384
check comes_up wait_for decoder_is_up 60 || { systemctl status --no-pager daedalusd; dmesg | tail -n 20; exit 1; }
timeout 300 v4l2-compliance -d /dev/video-dec0 -m /dev/media-dec0 >/pi/compliance-16k.txt 2>&1
summary=$(tail -n 1 /pi/compliance-16k.txt)
failed=$(sed -n 's/.*Failed: \([0-9]*\).*/\1/p' <<<"$summary")
result v4l2-compliance_16k "${failed:--}" failures 0 "$([[ $failed == 0 ]] && echo pass || echo fail)" "$summary"
play_exact 16k

# What is there besides us, to compare with.
timed purge apt-get -q -y purge daedalus-v4l2 daedalus-v4l2-dkms daedalusctl
equal left_module "$(lsmod | grep -c daedalus)" 0
equal left_module_files "$(find /lib/modules -name 'daedalus*' | wc -l)" 0
equal left_user "$(getent passwd _daedalus | wc -l)" 0
equal left_group "$(getent group _daedalus | wc -l)" 0
equal left_unit "$(systemctl list-unit-files --no-legend 'daedalus*' | wc -l)" 0
equal left_packages "$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 'daedalus*' 2>/dev/null | grep -c -v not-installed)" 0
left=$(find / -xdev -iname '*daedalus*' -not -path '/pi/*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/tmp/*' \
	-not -path '/var/log/*' -not -path '/var/cache/apt/*' -not -path '/var/lib/apt/*' | tr '\n' ' ')
equal left_files "${left:-none}" none
equal left_devices "$(find /dev -maxdepth 1 "(" -name "video*-dec0" -o -name media-dec0 -o -name daedalus-v4l2 ")" | wc -l)" 0
use_repository 'deb [trusted=yes] file:/pi/repository next main'
timed install_again apt-get -q -y install daedalus-v4l2 || exit 1
check comes_up_again wait_for decoder_is_up 30
play_exact again

# Removing it while a client plays: the client gets errors, and nothing hangs. What it makes of them is its
# own affair. The module stays until nobody has it.
play_long
failed=$(cat "$SYSFS/counters/jobs_failed")
timed remove_while_playing apt-get -q -y remove daedalus-v4l2 daedalus-v4l2-dkms
# shellcheck disable=SC2016 # wait_for expands it
check player_is_told wait_for '! kill -0 '"$player"' || (($(cat "$SYSFS/counters/jobs_failed") > '"$failed"'))' 30
pkill -u player
check player_ends wait_for '! kill -0 '"$player" 30
equal hung_tasks "$(dmesg | grep -c 'blocked for more than')" 0
if [[ -d /sys/module/daedalus_v4l2 ]]; then
	says told_to_restart /pi/remove_while_playing.txt 'it will be gone after a restart'
	check module_can_go wait_for 'rmmod daedalus_v4l2' 10
fi
equal unit_is_gone "$(systemctl is-active daedalusd)" inactive
