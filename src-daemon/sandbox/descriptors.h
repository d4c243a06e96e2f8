// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "util/error.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace daedalus::sandbox {

/// Standard input and output become /dev/null: a file descriptor that comes later must not get their numbers,
/// and whoever prints reaches nobody.
[[nodiscard]] util::Result<void> detach_standard_streams();

/// The numbers that are in use, up to the limit of open files that a worker has.
[[nodiscard]] std::vector<int> open_descriptors();

/// The numbers of what `work` opens and leaves open.
template <typename Work>
[[nodiscard]] std::vector<int> opened_by(Work&& work) {
    const std::vector<int> before = open_descriptors();
    std::forward<Work>(work)();
    std::vector<int> opened;
    std::ranges::set_difference(open_descriptors(), before, std::back_inserter(opened));
    return opened;
}

/// Closes every file descriptor beside 0 to 2 and those of `keep`.
[[nodiscard]] util::Result<void> close_all_but(std::vector<int> keep);

} // namespace daedalus::sandbox
