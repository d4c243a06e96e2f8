# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What every script of the tests shares: where things lie, how progress is
# printed, how a missing Debian package gets installed.
# Source it; it sets strict mode in the sourcing script.

set -euo pipefail
export LC_ALL=C.UTF-8

SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD_DIR=$SOURCE_DIR/build
# shellcheck disable=SC2034 # for those who source this
RESULTS_DIR=$BUILD_DIR/results
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/daedalus-v4l2
JOBS=${JOBS:-$(nproc)}
# Elapsed times count from the outermost script.
export DAEDALUS_START=${DAEDALUS_START:-$(date +%s)}

# Compiled files are remembered across checkouts; one that lies elsewhere has
# the same files under another name.
export CCACHE_DIR=$CACHE_DIR/ccache CCACHE_BASEDIR=$SOURCE_DIR CCACHE_NOHASHDIR=1
export CCACHE_MAXSIZE=2G

mkdir -p "$CACHE_DIR" "$CCACHE_DIR"

log() {
	local seconds=$(($(date +%s) - DAEDALUS_START))

	printf '[%3d:%02d] %s\n' $((seconds / 60)) $((seconds % 60)) "$*" >&2
}

die() {
	log "error: $*"
	exit 1
}

# quietly LOG COMMAND...: run a command with its output in a file; show the
# end of the file only if the command fails.
quietly() {
	local file=$1 status=0

	shift
	mkdir -p "$(dirname "$file")"
	"$@" >"$file" 2>&1 </dev/null || status=$?
	if ((status)); then
		tail -n 40 "$file" >&2
		log "failed ($status): $* -- all of it in $file"
	fi
	return "$status"
}

# need_packages PACKAGE...: install what is missing, without a question.
need_packages() {
	local package missing=()

	for package in "$@"; do
		# The state is "installed" only for a package that is whole.
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			missing+=("$package")
	done
	((${#missing[@]})) || return 0
	((EUID == 0)) || die "these packages are missing, and only root can install them: ${missing[*]}"

	log "installing ${missing[*]}"
	if [[ ! -e $CACHE_DIR/apt-updated || -n $(find "$CACHE_DIR/apt-updated" -mmin +120) ]]; then
		quietly "$CACHE_DIR/logs/apt-update.log" apt-get update || true
		touch "$CACHE_DIR/apt-updated"
	fi
	DEBIAN_FRONTEND=noninteractive quietly "$CACHE_DIR/logs/apt-install.log" \
		flock "$CACHE_DIR/apt.lock" \
		apt-get -y -o DPkg::Lock::Timeout=600 --no-install-recommends install "${missing[@]}"
}

# uml_build: where what is built against the test kernel lies; see tests/uml/kernel.
uml_build() {
	local flavour=${UML_KERNEL:-checked}

	[[ $flavour == checked ]] && echo "$BUILD_DIR/uml" || echo "$BUILD_DIR/uml-$flavour"
}

# used DIR/STAMP: note that a cached thing is in use, and forget its siblings
# that no one has used for a month.
used() {
	local stamp

	touch "$1"
	while IFS= read -r stamp; do
		log "forgetting $(dirname "$stamp"), not used for a month"
		rm -rf "$(dirname "$stamp")"
	done < <(find "$(dirname "$1")/.." -mindepth 2 -maxdepth 2 -name "$(basename "$1")" -mtime +30)
}
