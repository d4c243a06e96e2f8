# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What v4l2-compliance found, for case scripts. Source guest.sh before it.

# judge_compliance NAME REPORT: no failures, no warnings.
judge_compliance() {
	judge_total "$1_failures" "$2" Failed tests fail
	judge_total "$1_warnings" "$2" Warnings warnings warn
	tr '\r' '\n' <"$2" | grep -E 'fail|warn' || true
}

# judge_total NAME REPORT HEADING UNIT WORD: the last line's number behind HEADING is
# 0. If not, the result says the first line of them, which begins with WORD, for the
# report stays behind in the test machine's results.
judge_total() {
	local count

	count=$(tail -n 1 "$2" | sed -n "s/.*$3: \([0-9]*\).*/\1/p")
	if [[ $count == 0 ]]; then
		result "$1" 0 "$4" 0 pass
	else
		result "$1" "$count" "$4" 0 fail \
			"${count:-no} $4: $(tr '\r' '\n' <"$2" | grep -m 1 "$5:" || tail -n 1 "$2")"
	fi
}
