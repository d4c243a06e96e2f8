# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The userspace, built for this machine with its tests. Source common.sh and
# results.sh before it.

HOST_BUILD=$BUILD_DIR/host

# build_host [TARGET...]: all of it, or these targets; one result, "build".
build_host() {
	local dependencies targets=()

	mapfile -t dependencies < <(sed 's/#.*//' "$SOURCE_DIR/tests/lib/build-deps" | grep .)
	need_packages "${dependencies[@]}" python3
	mkdir -p "$HOST_BUILD"
	((!$#)) || targets=(--target "$@")
	log "building for this machine"
	if quietly "$HOST_BUILD/configure.log" cmake -G Ninja -S "$SOURCE_DIR" -B "$HOST_BUILD" \
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DDAEDALUS_TESTS=ON -DDAEDALUS_WERROR=ON \
		-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache &&
		quietly "$HOST_BUILD/build.log" cmake --build "$HOST_BUILD" -j"$JOBS" "${targets[@]}"; then
		result build - - - pass
	else
		result build - - - fail "see $HOST_BUILD/build.log and configure.log"
		return 1
	fi
}
