// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "util/error.h"

#include <string>
#include <vector>

namespace daedalus::sandbox {

/// Allows all threads of this process the system calls that decoding needs, and those whose names are given.
/// `gpu`: also what a Vulkan driver needs that has begun its work: the ioctls of DRM, and duplicates of file
/// descriptors.
/// At any other the kernel sends SIGSYS instead of executing it, see report_refused_calls(); one of another
/// architecture (32 bits on 64) ends the process at once.
[[nodiscard]] util::Result<void> load_call_filter(bool gpu, const std::vector<std::string>& more_calls);

} // namespace daedalus::sandbox
