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

# start_client NAME: decode the stream in the background; CLIENT_PID.
start_client() {
	"$CLIENT" decode --order decoding "$STREAM" >"/tmp/client-$1.out" 2>"/tmp/client-$1.err" &
	CLIENT_PID=$!
}

# bit_exact NAME: whether every frame of a client that has ended is right.
bit_exact() {
	cut -d' ' -f2 "/tmp/client-$1.out" | cmp -s - "$STREAM_MD5" &&
		! grep -q error "/tmp/client-$1.out"
}

# session_of PID: the session of a client.
session_of() {
	daedalusctl sessions --json | jq -r ".sessions[] | select(.client_pid == $1) | .id"
}
