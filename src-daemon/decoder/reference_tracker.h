// SPDX-License-Identifier: BSD-2-Clause
// Which pictures a client may refer to, and whether they are what it thinks they are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace daedalus::decoder {

/// The client names references by timestamp and means the newest picture with it. The decoder library keeps a
/// list of its own, which can differ after lost frames, seeks and restarts: what this class does not know,
/// the library has guessed.
class ReferenceTracker {
  public:
    /// How far a picture that is predicted from these is to be doubted: not at all (0) if each timestamp
    /// names a picture that was decoded since clear() and is itself beyond doubt; fully if one is not there.
    /// What is predicted from a doubtful one is so a little less, and in the end no more: streams that are
    /// refreshed piece by piece, and never have an I picture, do not say when all of a picture is sound
    /// again.
    [[nodiscard]] unsigned doubt(std::span<const std::uint64_t> timestamps) const;

    /// A picture was decoded into `buffer`, whose earlier picture is gone.
    void record(std::uint64_t buffer, std::uint64_t timestamp, unsigned doubt);

    /// A job is finished, in decoding order: its picture is in `buffer`, or has nothing if `doubt` is unset.
    /// `retired`: buffers that were freed behind it, whose pictures it and others could be predicted from.
    void settle(std::uint64_t buffer, std::uint64_t timestamp, std::optional<unsigned> doubt,
                std::span<const std::uint64_t> retired);

    /// Of a picture that is damaged: for how many predictions, one from the other, it is held against them.
    static constexpr unsigned full_doubt = 150;

    /// The buffer was freed; 0: all of them.
    void forget(std::uint64_t buffer);

    void clear() { pictures_.clear(); }

  private:
    struct Entry {
        std::uint64_t buffer;
        std::uint64_t timestamp;
        unsigned doubt;
    };
    // Oldest first; one for each CAPTURE buffer, so a few dozen at most.
    std::vector<Entry> pictures_;
};

} // namespace daedalus::decoder
