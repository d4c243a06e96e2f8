# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Unit tests as figures of a suite. Source it after common.sh and results.sh.

# ctest_results REPORT LOG PREFIX CTEST...: runs CTEST, which writes the JUnit
# file REPORT, and gives a result for each test, its name behind PREFIX.
ctest_results() {
	local report=$1 file=$2 prefix=$3 name seconds verdict reason

	shift 3
	rm -f "$report"
	quietly "$file" "$@" --output-on-failure --no-tests=error -j"$JOBS" || true
	if [[ ! -s $report ]]; then
		result "${prefix}ctest" - - - fail "no test ran; see $file"
		return 1
	fi
	while IFS=$'\t' read -r name seconds verdict reason; do
		result "$prefix$name" "$seconds" s - "$verdict" "$reason"
	done < <(python3 "$SOURCE_DIR/tests/lib/junit-lines" "$report")
}
