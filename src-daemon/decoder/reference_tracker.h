// SPDX-License-Identifier: BSD-2-Clause
// Which pictures a client may refer to, and whether they are what it thinks they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::decoder {

/// The client names references by timestamp and means the newest picture with it. The decoder library keeps a
/// list of its own, which can differ after lost frames, seeks and restarts: what this class does not know,
/// the library has guessed.
class ReferenceTracker {
  public:
    /// Whether every timestamp names a picture that was decoded since clear(), from complete references.
    [[nodiscard]] bool complete(std::span<const std::uint64_t> timestamps) const;

    /// A picture was decoded into `buffer`, whose earlier picture is gone. `sound`: its references were
    /// complete.
    void record(std::uint64_t buffer, std::uint64_t timestamp, bool sound);

    /// The buffer was freed; 0: all of them.
    void forget(std::uint64_t buffer);

    void clear() { pictures_.clear(); }

  private:
    struct Entry {
        std::uint64_t buffer;
        std::uint64_t timestamp;
        bool sound;
    };
    // Oldest first; one for each CAPTURE buffer, so a few dozen at most.
    std::vector<Entry> pictures_;
};

} // namespace daedalus::decoder
