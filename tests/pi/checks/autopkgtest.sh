#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The tests of debian/tests in the machine with the newer kernel, whose headers its archive has. They are
# called as autopkgtest calls them: from the source tree, with the packages installed, 77 for a skip.
# shellcheck source=tests/pi/checks/common.sh
. /pi/common.sh

use_repository 'deb [trusted=yes] file:/pi/repository next main' 'deb [trusted=yes] file:/pi/kernel trixie main' \
	'deb [trusted=yes] file:/pi/kernel headers main'
# A module for the other kernel would take five minutes each time.
timed purge_other_headers apt-get -q -y purge linux-headers-arm64 'linux-headers-6.*-arm64'
timed apt_install apt-get -q -y install daedalus-v4l2 daedalus-v4l2-dkms daedalusctl || exit 1

# run_test NAME
run_test() {
	local status=0 started=$SECONDS

	AUTOPKGTEST_TMP=$(mktemp -d)
	export AUTOPKGTEST_TMP
	(cd /pi/source && timeout 1500 "debian/tests/$1") >"/pi/autopkgtest-$1.txt" 2>&1 || status=$?
	rm -rf "$AUTOPKGTEST_TMP"
	case $status in
	0) result "$1" $((SECONDS - started)) s - pass ;;
	77) result "$1" - - - skip "$(tail -n 1 "/pi/autopkgtest-$1.txt")" ;;
	*)
		tail -n 40 "/pi/autopkgtest-$1.txt"
		result "$1" "$status" status 0 fail "debian/tests/$1"
		;;
	esac
}

while read -r name; do
	run_test "$name"
done < <(sed -n 's/^Tests: *//p' /pi/source/debian/tests/control | tr ' ' '\n')
