// SPDX-License-Identifier: BSD-2-Clause
// A limit on how often something may happen.
#pragma once

#include <cstdint>

namespace daedalus::control {

/// Allows `burst` events at once and `per_second` in the long run.
class TokenBucket {
  public:
    TokenBucket(unsigned per_second, unsigned burst)
        : per_second_(per_second), burst_(burst), tokens_(burst) {}

    /// Takes a token if there is one. `now_us`: a monotonic clock in microseconds.
    [[nodiscard]] bool take(std::uint64_t now_us);
    /// Microseconds until there is a token again; 0 if there is one.
    [[nodiscard]] std::uint64_t wait_us(std::uint64_t now_us);
    /// Whether nothing was taken for so long that the whole burst is allowed again.
    [[nodiscard]] bool full(std::uint64_t now_us) const;

  private:
    [[nodiscard]] double tokens_at(std::uint64_t now_us) const;
    void refill(std::uint64_t now_us);

    double per_second_;
    double burst_;
    double tokens_;
    std::uint64_t filled_us_ = 0;
};

} // namespace daedalus::control
