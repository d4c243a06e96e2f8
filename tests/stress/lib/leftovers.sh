# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What a machine has in use before something is done to it, and afterwards. Source
# guest.sh and client.sh before it.

# The allocator of a process keeps some, and so do caches; a leak at each of a
# thousand kills is far more.
MOST_PROCESS_KIB=4096
MOST_FILES=16

# warm_up: plays something, so that what is kept for the next time is there.
warm_up() {
	"$CLIENT" run --clips "$CLIPS" clients_8 >/tmp/warm-up 2>&1
	settle
}

# settle: until no client is there, the daemon has forgotten the last one, which takes
# it ten seconds where it was away, and the worker for the next one is there.
settle() {
	# shellcheck disable=SC2016 # wait_for expands it
	wait_for '[[ $(cat "$(module_attribute clients)") == 0 ]]' 30
	wait_for "[[ \$(daedalusctl sessions --json | jq '.sessions | length') == 0 ]]" 30
	wait_for '(($(pgrep -c -x daedalus-worker) == 1))' 30
	sleep 2
}

# Of a process and of the kernel.
process_files() {
	find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}
process_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}
kernel_files() {
	awk '{ print $1 - $2 }' /proc/sys/fs/file-nr
}

# remember PID, compare PID: of a process that is there all the time, and of the
# whole machine.
remember() {
	FILES_BEFORE=$(process_files "$1")
	KIB_BEFORE=$(process_kib "$1")
	KERNEL_FILES_BEFORE=$(kernel_files)
}
compare() {
	settle
	at_most files_left $(($(process_files "$1") - FILES_BEFORE)) files $MOST_FILES
	at_most memory_grown $(($(process_kib "$1") - KIB_BEFORE)) KiB $MOST_PROCESS_KIB
	at_most kernel_files_left $(($(kernel_files) - KERNEL_FILES_BEFORE)) files $((2 * MOST_FILES))
	equal clients_left "$(cat "$(module_attribute clients)")" 0 files
	equal sessions_left "$(cat "$(module_attribute sessions)")" 0 sessions
	equal jobs_left "$(cat "$(module_attribute jobs_in_flight)")" 0 jobs
}

# at_most NAME VALUE UNIT BAR
at_most() {
	if (($2 <= $4)); then
		result "$1" "$2" "$3" "$4" pass
	else
		result "$1" "$2" "$3" "$4" fail
	fi
}
