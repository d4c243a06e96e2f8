// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "util/error.h"

#include <vector>

namespace daedalus::sandbox {

/// Standard input and output become /dev/null: a file descriptor that comes later must not get their numbers,
/// and whoever prints reaches nobody.
[[nodiscard]] util::Result<void> detach_standard_streams();

/// The numbers that are in use, up to the limit of open files that a worker has.
[[nodiscard]] std::vector<int> open_descriptors();

/// Closes every file descriptor beside 0 to 2 and those of `keep`.
[[nodiscard]] util::Result<void> close_all_but(std::vector<int> keep);

} // namespace daedalus::sandbox
