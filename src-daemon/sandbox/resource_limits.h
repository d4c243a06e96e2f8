// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "util/error.h"

#include <cstdint>

namespace daedalus::sandbox {

/// What a worker may use.
struct Limits {
    std::uint64_t memory_bytes = 0; ///< of private memory; 0: no limit
    /// A client has 64 buffers of three planes at most, and of imported ones the worker keeps the file
    /// descriptors, at times those of the format before as well.
    std::uint64_t open_files = 512;
};

/// Sets the limits, for ever. The client's buffers are shared memory and don't count as the worker's.
[[nodiscard]] util::Result<void> limit_resources(const Limits& limits);

/// No further threads or processes. Nothing to root, who is stopped by the filter alone.
[[nodiscard]] util::Result<void> forbid_processes();

} // namespace daedalus::sandbox
