// SPDX-License-Identifier: BSD-2-Clause
// How much memory a process has, as the kernel tells.
#pragma once

#include <cstdint>
#include <string_view>
#include <sys/types.h>

namespace daedalus::bench {

/// The most that the process has had in memory at a time, shared memory included.
[[nodiscard]] std::uint64_t peak_memory_kib(pid_t process);

/// What it has in memory now of files whose names begin with `name`.
[[nodiscard]] std::uint64_t resident_kib(pid_t process, std::string_view name);

} // namespace daedalus::bench
