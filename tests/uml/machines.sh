# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Case scripts in test machines, for the suites that have some. A suite sources
# this after common.sh and results.sh, names the directory of its case scripts
# below the source tree in CASES_DIR, and calls run_cases. CASES is the shell
# pattern of those wanted; empty: all.

UML=$SOURCE_DIR/tests/uml
LOGS=$BUILD_DIR/uml/logs
CASES=${CASES:-}

# step NAME COMMAND...: a result by its status.
step() {
	local name=$1 status=0 started=$SECONDS

	shift
	"$@" >/dev/null || status=$?
	if ((status)); then
		result "$name" "$status" status 0 fail "$*"
	else
		result "$name" $((SECONDS - started)) s - pass
	fi
	return "$status"
}

# is_wanted NAME: whether CASES matches it.
is_wanted() {
	# shellcheck disable=SC2053 # a pattern is meant
	[[ -z $CASES || $1 == $CASES ]]
}

# case_header NAME KEY DEFAULT
case_header() {
	local value

	value=$(sed -n "1,15s/^# $2: *//p" "$CASES_DIR/$1.sh")
	echo "${value:-$3}"
}

# gather NAME...: what the cases of one boot printed, and what became of them.
# The name of a result is the case's and its own.
gather() {
	local boot=$1 status=$2 file=$LOGS/$1.out name word rest count ended
	local result_name value unit bar verdict reason
	declare -A shown=() ends=()

	shift 2
	# A case's lines stand before its CASE line.
	local -a lines=()
	while read -r word rest; do
		case $word in
		RESULT) lines+=("$rest") ;;
		CASE)
			read -r name ended _ <<<"$rest"
			ends[$name]=$ended
			shown[$name]=${#lines[@]}
			report_lines "$name" "${lines[@]}"
			lines=()
			;;
		esac
	done <"$file"
	for name in "$@"; do
		count=${shown[$name]:-0}
		ended=${ends[$name]:-}
		if [[ -z $ended ]]; then
			report_lines "$name" "${lines[@]}"
			lines=()
			result "$name" - - - fail "did not end; see $file"
		elif ((ended == 124 || ended == 137)); then
			result "$name" "$ended" status 0 fail "not done in time; see $file"
		elif ((ended)); then
			result "$name" "$ended" status 0 fail "ended with status $ended; see $file"
		elif ((count == 0)); then
			result "$name" 0 results 1 fail "showed no result"
		fi
	done
	case $status in
	0) result "$boot/kernel_log" 0 reports 0 pass ;;
	99) result "$boot/kernel_log" - reports 0 fail "$("$UML/scan-log" --in-a-line "$LOGS/$boot.log" || true)" ;;
	*) result "$boot/boot" "$status" status 0 fail "see $LOGS/$boot.log" ;;
	esac
}

# report_lines NAME LINE...: results of a case, "RESULT" taken away from each.
report_lines() {
	local case_name=$1 line result_name value unit bar verdict reason

	shift
	for line in "$@"; do
		read -r result_name value unit bar verdict reason <<<"$line"
		result "$case_name/$result_name" "$value" "$unit" "$bar" "${verdict:-none}" "$reason"
	done
}

# boot_cases BOOT CASE...: runs the cases in a machine of their own; its status
# goes to a file, for this may be a job in the background.
boot_cases() {
	local boot=$1 mem=2G name wanted seconds=60 status=0 arguments=()

	shift
	for name in "$@"; do
		wanted=$(case_header "$name" mem 2G)
		((${wanted%G} <= ${mem%G})) || mem=$wanted
		arguments+=("$name:$(($(case_header "$name" timeout 120)))")
		seconds=$((seconds + ${arguments[-1]##*:} + 10))
	done
	log "machine $boot: $*"
	"$UML/boot" --name "$boot" --mem "$mem" --timeout "$seconds" -- \
		"$UML/lib/run-cases" --from "${CASES_DIR#"$SOURCE_DIR"/}" "${arguments[@]}" || status=$?
	echo "$status" >"$LOGS/$boot.status"
}

# build_for_machines: the module and the userspace, a result for each.
build_for_machines() {
	local built=1

	if [[ -d $SOURCE_DIR/src-kmod ]]; then
		step build_module "$UML/build" module || built=''
	fi
	step build_userspace "$UML/build" userspace || built=''
	[[ $built ]]
}

# run_cases: every case script of CASES_DIR whose name matches CASES. Cases that
# name the same machine share it, one after the other.
run_cases() {
	local file name machine running machines=()
	local -A cases_of=()

	for file in "$CASES_DIR"/[0-9]*.sh; do
		name=$(basename "$file" .sh)
		is_wanted "$name" || continue
		machine=$(case_header "$name" boot cases)
		[[ $machine != separate ]] || machine=$name
		[[ -n ${cases_of[$machine]:-} ]] || machines+=("$machine")
		cases_of[$machine]+=" $name"
	done
	((${#machines[@]})) || die "no case matches '$CASES'"

	# A machine has one CPU, so as many run at a time as there are.
	running=0
	for machine in "${machines[@]}"; do
		if ((running >= JOBS)); then
			wait -n || true
			running=$((running - 1))
		fi
		rm -f "$LOGS/$machine.status"
		# shellcheck disable=SC2086 # names have no blanks
		boot_cases "$machine" ${cases_of[$machine]} &
		running=$((running + 1))
	done
	wait
	for machine in "${machines[@]}"; do
		# shellcheck disable=SC2086
		gather "$machine" "$(cat "$LOGS/$machine.status" || echo 1)" ${cases_of[$machine]}
	done
}
