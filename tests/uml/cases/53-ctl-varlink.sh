#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# varlinkctl, which knows nothing of us, drives every method.
# boot: ctl
# timeout: 180

. /src/tests/uml/lib/guest.sh
. /src/tests/uml/lib/client.sh
. /src/tests/uml/lib/ctl.sh

# The methods that were called, by their full names.
declare -A DRIVEN=()

check module_loads load_module || exit 1
start_patient_daemon 50 || exit 1
check stream make_stream 40 || exit 1
start_client 0
check session_streams wait_for 'sessions_stream 1' 60
session=$(session_of "$CLIENT_PID")

# refused NAME METHOD PARAMETERS ERROR
refused() {
	DRIVEN[$2]=1
	varlinkctl -j call "$SOCKET" "$2" "$3" >"/results/$CASE-$1.json" 2>&1
	check "$1" grep -q "$4" "/results/$CASE-$1.json"
}
# While the session surely streams.
# shellcheck disable=SC2153 # ctl.sh sets INTERFACE
refused no_such_job "$INTERFACE.CancelJob" "{\"session\":$session,\"cookie\":1}" NoSuchJob

check info varlinkctl info "$SOCKET"
check introspect varlinkctl introspect "$SOCKET" "$INTERFACE"
check description_is_valid varlinkctl validate-idl "/src/include/$INTERFACE.varlink"

# call NAME METHOD PARAMETERS FILTER: the reply must make jq's FILTER true.
call() {
	DRIVEN[$2]=1
	varlinkctl -j call "$SOCKET" "$2" "$3" >"/results/$CASE-$1.json" 2>&1
	check "$1" jq -e "$4" "/results/$CASE-$1.json"
}
call get_info org.varlink.service.GetInfo '{}' '.product == "daedalusd"'
call get_description org.varlink.service.GetInterfaceDescription '{"interface":"org.daedalus.v4l2"}' \
	'.description | contains("interface org.daedalus.v4l2")'
call get_health "$INTERFACE.GetHealth" '{}' '.health.state == "serving"'
call get_sessions "$INTERFACE.GetSessions" '{"codec":"h264"}' \
	".sessions[0] | .id == $session and .profile == \"High\" and .pixel_format == \"NV12\""
# With the worker stopped in the middle of a job.
hold_in_a_job "$session"
equal worker_held_in_a_job "$?" 0 status || exit 1
check two_requests_in_flight wait_for 'jobs_in_flight 2' 10
call get_jobs "$INTERFACE.GetJobs" "{\"session\":$session}" "any(.jobs[]; .cookie == $COOKIE)"
call cancel_job "$INTERFACE.CancelJob" "{\"session\":$session,\"cookie\":$COOKIE}" '.canceled == 1'
call cancel_session "$INTERFACE.CancelSession" "{\"session\":$session}" '.canceled >= 1'
check client_queues_again wait_for 'jobs_in_flight 2' 10
call cancel_all "$INTERFACE.CancelAll" '{}' '.canceled == 2'
resume_workers
call get_stats "$INTERFACE.GetStats" '{}' '.kernel.counters.jobs_dispatched > 0'
call monitor "$INTERFACE.Monitor" '{"interval_ms":200}' '.health.state == "serving"'
call reset_stats "$INTERFACE.ResetStats" '{}' '. == {}'
refused no_such_session "$INTERFACE.CancelSession" '{"session":999999}' NoSuchSession
refused no_such_method "$INTERFACE.Dance" '{}' MethodNotFound

missed=()
while read -r method; do
	[[ ${DRIVEN[$method]:-} ]] || missed+=("$method")
done < <(for interface in org.varlink.service "$INTERFACE"; do
	varlinkctl introspect "$SOCKET" "$interface" | sed -n "s/^method \([A-Za-z]*\).*/$interface.\1/p"
done | tee "/results/$CASE-methods.txt")
check methods_are_known test -s "/results/$CASE-methods.txt"
equal methods_not_driven "${missed[*]:-none}" none

timeout 4 varlinkctl -j --more call "$SOCKET" "$INTERFACE.Monitor" '{"interval_ms":200}' \
	>"/results/$CASE-more.json" 2>&1
# One object a line, each behind a record separator.
updates=$(grep -c '"health"' "/results/$CASE-more.json")
if ((updates >= 3)); then
	result more_updates "$updates" updates 3 pass
else
	result more_updates "$updates" updates 3 fail
fi
wait "$CLIENT_PID"
stop_daemon
check module_unloads unload_module
