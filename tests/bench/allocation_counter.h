// SPDX-License-Identifier: BSD-2-Clause
// Counts what this program and the processes that it forks allocate, by replacing malloc and operator new.
// Link it into a program that measures nothing else.
#pragma once

#include <atomic>
#include <cstdint>

namespace daedalus::bench {

/// The daemon's code is C++ and allocates with operator new, or calls malloc from the program itself; the
/// decoder libraries are C.
struct AllocationCounts {
    std::atomic<std::uint64_t> own{0};
    std::atomic<std::uint64_t> own_bytes{0};
    std::atomic<std::uint64_t> libraries{0};
    std::atomic<std::uint64_t> libraries_bytes{0};
};

/// From now on counted there; null: nowhere. Memory that is shared lets the counts of forked processes be
/// seen.
void count_allocations(AllocationCounts* counts);

} // namespace daedalus::bench
