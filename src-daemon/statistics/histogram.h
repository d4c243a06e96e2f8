// SPDX-License-Identifier: BSD-2-Clause
// Durations counted in fixed buckets: the bucket scheme, and a histogram of plain numbers to merge and query.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace daedalus::statistics {

/// Each power of two is cut into eight equal parts, so that a bucket is at most 12.5 % wide. Durations up to
/// 7 us have a bucket each; those over 67 s share the last one.
inline constexpr std::size_t histogram_buckets = 192;

/// The bucket that counts a duration.
[[nodiscard]] std::size_t histogram_bucket(std::uint64_t microseconds);

/// The longest duration, in microseconds, that `bucket` counts. `bucket` < histogram_buckets.
[[nodiscard]] std::uint64_t histogram_upper_bound(std::size_t bucket);

/// a + b, or the largest number where that overflows: counters come from processes that may lie.
[[nodiscard]] std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b);

/// a - b, or 0 where b is larger.
[[nodiscard]] std::uint64_t saturating_subtract(std::uint64_t a, std::uint64_t b);

/// Counts of durations. No count overflows: each stays at its largest value instead.
class Histogram {
  public:
    /// Counts one duration.
    void add(std::uint64_t microseconds);
    /// Counts `count` durations of one bucket; ignores a bucket that does not exist.
    void add_bucket(std::size_t bucket, std::uint64_t count);
    /// Raises the maximum and the sum by figures kept elsewhere, beside buckets set by add_bucket().
    void add_extremes(std::uint64_t sum_us, std::uint64_t max_us);
    /// Adds everything that `other` counted.
    void merge(const Histogram& other);
    /// Takes away what `earlier`, an older state of this histogram, had counted. The maximum is that of
    /// the bucket then which is the highest with anything in it.
    void subtract(const Histogram& earlier);

    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] std::uint64_t sum_us() const { return sum_us_; }
    [[nodiscard]] std::uint64_t max_us() const { return max_us_; }
    [[nodiscard]] const std::array<std::uint64_t, histogram_buckets>& buckets() const { return buckets_; }

    /// The duration that `permille` of 1000 do not exceed, in microseconds, up to a bucket's width too long
    /// but never over the maximum. 0 when nothing was counted.
    [[nodiscard]] std::uint64_t percentile_us(unsigned permille) const;

  private:
    std::array<std::uint64_t, histogram_buckets> buckets_{};
    std::uint64_t sum_us_ = 0;
    std::uint64_t max_us_ = 0;
};

} // namespace daedalus::statistics
