# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# AV1 on a machine whose kernel headers have no controls for it: what is measured
# runs in the trixie tree then. Source it after bench.sh.

# has_av1: whether the build for this machine knows AV1.
has_av1() {
	grep -q '^DAEDALUS_HAVE_AV1_CONTROLS:INTERNAL=1' "$BUILD_DIR/host/CMakeCache.txt"
}

# use_host: lets compare() measure with the build for this machine.
use_host() {
	COMPARE=()
}

# use_tree: lets compare() measure in the tree; false if there is none, and why
# is in NO_TREE. It is not made for this: that takes too long.
use_tree() {
	NO_TREE=''
	if ((EUID != 0)); then
		NO_TREE="this machine's kernel headers have no AV1 controls, and only root can use the trixie tree"
	elif ! compgen -G "$CACHE_DIR/tree/trixie-*/usr/bin" >/dev/null; then
		NO_TREE="this machine's kernel headers have no AV1 controls; tests/run trixie makes a tree that has"
	elif ! "$SOURCE_DIR/tests/uml/build" userspace; then
		NO_TREE="the userspace does not build in the trixie tree, see tests/run trixie"
	fi
	# shellcheck disable=SC2034 # for compare()
	COMPARE=(in_tree_compare)
	[[ -z $NO_TREE ]]
}

# Paths below the build directory have another name in the tree.
in_tree_compare() {
	"$SOURCE_DIR/tests/uml/in-tree" /build/trixie/tests/bench/daedalus-bench-compare "${@//$BUILD_DIR/\/build}"
}
