# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What v4l2-compliance found, for case scripts. Source guest.sh before it.

# judge_compliance NAME REPORT: no failures, no warnings. Where there are, the result
# says the first of them, for the report stays behind in the test machine's results.
judge_compliance() {
	local total

	total=$(tail -n 1 "$2")
	judge_count "$1_failures" "$(sed -n 's/.*Failed: \([0-9]*\).*/\1/p' <<<"$total")" tests fail "$2"
	judge_count "$1_warnings" "$(sed -n 's/.*Warnings: \([0-9]*\).*/\1/p' <<<"$total")" warnings warn "$2"
	tr '\r' '\n' <"$2" | grep -E 'fail|warn' || true
}

# judge_count NAME COUNT UNIT WORD REPORT
judge_count() {
	if [[ $2 == 0 ]]; then
		result "$1" 0 "$3" 0 pass
	else
		result "$1" "$2" "$3" 0 fail \
			"${2:-no} $3: $(tr '\r' '\n' <"$5" | grep -m 1 "$4:" || tail -n 1 "$5")"
	fi
}
