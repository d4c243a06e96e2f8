# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The figures of a suite. A suite sources this after common.sh and calls
# result; tests/run, which started it, turns the figures into
# build/results/SUITE.json and counts them.

# Tab-separated lines: verdict, name, value, unit, bar, reason.
RESULTS_FILE=${RESULTS_FILE:-$RESULTS_DIR/$(basename "$(dirname "$0")").tsv}
mkdir -p "$(dirname "$RESULTS_FILE")"

# result NAME VALUE UNIT BAR pass|fail|skip [REASON]
# VALUE is what was measured, BAR what it is held against; "-" for none.
result() {
	local name=$1 value=$2 unit=$3 bar=$4 verdict=$5 reason=${*:6}

	case $verdict in
	pass | fail | skip) ;;
	*)
		reason="no such verdict: $verdict"
		verdict=fail
		;;
	esac
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$verdict" "${name//$'\t'/ }" "${value//$'\t'/ }" \
		"${unit//$'\t'/ }" "${bar//$'\t'/ }" "${reason//[$'\t\n']/ }" >>"$RESULTS_FILE"
	log "$verdict $name${value:+ $value}${reason:+: $reason}"
}

# results_json FILE.tsv: as an array of {name, value, unit, bar, pass, reason}.
# pass is null for what was skipped; reason is there only if there is one.
results_json() {
	jq --raw-input --null-input '
		def figure: if . == "-" or . == "" then null else (tonumber? // .) end;
		[inputs | split("\t")
			| {name: .[1], value: .[2] | figure, unit: .[3] | figure, bar: .[4] | figure,
			   pass: {pass: true, fail: false, skip: null}[.[0]]}
			+ if .[5] != "" then {reason: .[5]} else {} end]
	' "$1"
}

# results_count FILE.tsv VERDICT
results_count() {
	awk -F '\t' -v verdict="$2" '$1 == verdict { n++ } END { print n + 0 }' "$1"
}
