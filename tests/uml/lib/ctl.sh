# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the cases of daedalusctl share. Source guest.sh and client.sh before it.

SOCKET=/run/daedalus/control
INTERFACE=org.daedalus.v4l2
STREAM=/tmp/long.h264
STREAM_MD5=/tmp/long.md5

# make_stream COPIES: a stream of COPIES times the clip "gop", each from an IDR
# picture on, and the md5 of each of its frames.
make_stream() {
	local i

	for ((i = 0; i < $1; i++)); do
		cat "$CLIPS/gop.h264"
	done >"$STREAM"
	"$CLIENT" decode --order decoding "$CLIPS/gop.h264" 2>/dev/null | cut -d' ' -f2 >/tmp/gop.md5
	for ((i = 0; i < $1; i++)); do
		cat /tmp/gop.md5
	done >"$STREAM_MD5"
	[[ -s $STREAM_MD5 ]]
}

# start_client NAME [OPTION...]: decode the stream in the background; CLIENT_PID.
start_client() {
	"$CLIENT" decode --order decoding "${@:2}" "$STREAM" >"/tmp/client-$1.out" 2>"/tmp/client-$1.err" &
	CLIENT_PID=$!
}

# bit_exact NAME: whether every frame of a client that has ended is right.
bit_exact() {
	cut -d' ' -f2 "/tmp/client-$1.out" | cmp -s - "$STREAM_MD5" &&
		! grep -q error "/tmp/client-$1.out"
}

# sessions_stream COUNT: whether so many sessions have a worker.
sessions_stream() {
	[[ $(daedalusctl sessions --json | jq '[.sessions[] | select(.state == "streaming")] | length') == "$1" ]]
}

# hold_workers: stops all workers where they are. Their clients go on to queue
# until they have as many requests in flight as they want, and then wait.
# resume_workers lets them go on.
hold_workers() {
	mapfile -t HELD < <(daedalusctl sessions --json | jq '.sessions[].worker_pid')
	kill -STOP "${HELD[@]}"
}
resume_workers() {
	kill -CONT "${HELD[@]}"
}

# hold_in_a_job SESSION: stops all workers, that of SESSION in the middle of a job;
# COOKIE. That takes a few tries, each at a moment that the clock chooses: a shell
# that was woken by another process finds the workers where they had to wait. A job
# that is done may have been answered already, though the worker has not noted it.
hold_in_a_job() {
	local tries

	[[ -p /tmp/never ]] || mkfifo /tmp/never
	hold_workers
	for ((tries = 0; tries < 100; tries++)); do
		COOKIE=$(daedalusctl jobs --session "$1" --json | jq '[.jobs[] | select(.state != "done")][0].cookie // empty')
		[[ ! $COOKIE ]] || return 0
		resume_workers
		read -rt 0.02 <>/tmp/never
		kill -STOP "${HELD[@]}"
	done
	return 1
}

# jobs_in_flight COUNT: whether the kernel has so many.
jobs_in_flight() {
	[[ $(cat "$(module_attribute jobs_in_flight)") == "$1" ]]
}

# session_of PID: the session of a client.
session_of() {
	daedalusctl sessions --json | jq -r ".sessions[] | select(.client_pid == $1) | .id"
}
