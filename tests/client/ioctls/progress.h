// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace daedalus::client {

/** What shows that the fuzzing gets deep: nothing of it comes from random arguments alone. */
enum class Depth {
    requests_queued,
    frames_dequeued, ///< CAPTURE buffers
    events_dequeued,
    messages_read,
    jobs_completed,
    pictures_given, ///< of stateful sessions
    buffers_exported,
    flushes_answered,
    count,
};

inline constexpr size_t most_threads = 16;

/** What threads of all processes tell the overseer, in shared memory. */
struct Progress {
    std::array<std::atomic<uint64_t>, static_cast<size_t>(Depth::count)> depths;
    /** Calls that each thread has returned from. */
    std::array<std::atomic<uint64_t>, most_threads> calls;

    void reached(Depth depth) { depths[static_cast<size_t>(depth)]++; }
    uint64_t of(Depth depth) const { return depths[static_cast<size_t>(depth)]; }
};

/** Where the devices are. */
struct FuzzedNodes {
    const char* stateless = nullptr;
    const char* stateful = nullptr;
    const char* media = nullptr;
};

} // namespace daedalus::client
