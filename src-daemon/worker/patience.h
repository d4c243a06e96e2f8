// SPDX-License-Identifier: BSD-2-Clause
// How long to wait for more work before the pictures at hand are pushed out of the decoder.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace daedalus::worker {

/// While a picture is being decoded nothing is lost by waiting for the next request, which can then be
/// decoded beside it; once the picture is finished every moment is. So the wait is a part of the shortest of
/// the last decode times. Those include the wait, so that one that was too long makes the next ones shorter.
class Patience {
  public:
    using Duration = std::chrono::microseconds;

    /// A picture took this long from the start of decoding to its end.
    void decoded(Duration time) {
        times_[next_] = time;
        next_ = (next_ + 1) % times_.size();
    }

    [[nodiscard]] Duration wait() const { return std::min(*std::ranges::min_element(times_) / 4, longest); }

  private:
    static constexpr Duration longest{2000};
    std::array<Duration, 8> times_ = {};
    std::size_t next_ = 0;
};

} // namespace daedalus::worker
