# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What a kernel must be built with, as dkms.conf says it.

# missing_options CONFIG: those of dkms.conf that it hasn't, each after a blank.
missing_options() {
	local option source

	source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	for option in $(sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"/\1/p' "$source/dkms.conf"); do
		grep -q "^$option=[ym]" "$1" || printf ' %s' "$option"
	done
}
