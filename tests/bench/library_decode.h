// SPDX-License-Identifier: BSD-2-Clause
// What a decoder library does alone with a clip: no worker, no client, no conversion, its own memory.
#pragma once

#include "bench/clip.h"

#include <chrono>
#include <memory>
#include <vector>

namespace daedalus::bench {

class LibraryDecode {
  public:
    using Clock = std::chrono::steady_clock;

    LibraryDecode() = default;
    LibraryDecode(const LibraryDecode&) = delete;
    LibraryDecode& operator=(const LibraryDecode&) = delete;
    virtual ~LibraryDecode() = default;

    /// Decodes the clip once, to its last picture. `times` gets one for each packet: how long the library
    /// kept this thread with it.
    virtual void decode(std::vector<Clock::duration>& times) = 0;
};

/// The library that the daemon uses for the clip's codec, loaded as there. The clip outlives it. Throws
/// std::runtime_error.
std::unique_ptr<LibraryDecode> open_library(const Clip& clip, unsigned threads);

} // namespace daedalus::bench
