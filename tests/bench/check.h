// SPDX-License-Identifier: BSD-2-Clause
// A benchmark has nothing to do about a failure but to end with it.
#pragma once

#include "util/error.h"

#include <stdexcept>
#include <utility>

namespace daedalus::bench {

/// The value, or a std::runtime_error.
template <typename T>
T check(util::Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

} // namespace daedalus::bench
