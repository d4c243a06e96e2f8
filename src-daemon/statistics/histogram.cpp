// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/histogram.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace daedalus::statistics {
namespace {

constexpr unsigned parts_log2 = 3; // eight parts to a power of two
constexpr std::uint64_t parts = 1U << parts_log2;

} // namespace

std::size_t histogram_bucket(std::uint64_t microseconds) {
    if (microseconds < parts)
        return microseconds;
    const unsigned exponent = std::bit_width(microseconds) - 1;
    const std::uint64_t part = (microseconds >> (exponent - parts_log2)) & (parts - 1);
    const std::size_t bucket = ((exponent - parts_log2 + 1) * parts) + part;
    return std::min(bucket, histogram_buckets - 1);
}

std::uint64_t histogram_upper_bound(std::size_t bucket) {
    if (bucket < parts)
        return bucket;
    const std::size_t shift = (bucket / parts) - 1;
    return ((parts + (bucket % parts) + 1) << shift) - 1;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

std::uint64_t saturating_subtract(std::uint64_t a, std::uint64_t b) {
    return a > b ? a - b : 0;
}

void Histogram::add(std::uint64_t microseconds) {
    add_bucket(histogram_bucket(microseconds), 1);
    add_extremes(microseconds, microseconds);
}

void Histogram::add_bucket(std::size_t bucket, std::uint64_t count) {
    if (bucket < buckets_.size())
        buckets_[bucket] = saturating_add(buckets_[bucket], count);
}

void Histogram::add_extremes(std::uint64_t sum_us, std::uint64_t max_us) {
    sum_us_ = saturating_add(sum_us_, sum_us);
    max_us_ = std::max(max_us_, max_us);
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        add_bucket(i, other.buckets_[i]);
    add_extremes(other.sum_us_, other.max_us_);
}

void Histogram::subtract(const Histogram& earlier) {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        buckets_[i] = saturating_subtract(buckets_[i], earlier.buckets_[i]);
    sum_us_ = saturating_subtract(sum_us_, earlier.sum_us_);
    const auto highest =
        std::ranges::find_if(buckets_.rbegin(), buckets_.rend(), [](auto n) { return n != 0; });
    if (highest == buckets_.rend())
        max_us_ = 0;
    else if (highest != buckets_.rbegin()) // what is longer than all bounds is in the last one
        max_us_ =
            std::min(max_us_, histogram_upper_bound(static_cast<std::size_t>(buckets_.rend() - highest) - 1));
}

std::uint64_t Histogram::count() const {
    std::uint64_t total = 0;
    for (const std::uint64_t bucket : buckets_)
        total = saturating_add(total, bucket);
    return total;
}

std::uint64_t Histogram::percentile_us(unsigned permille) const {
    const std::uint64_t total = count();
    if (total == 0)
        return 0;
    // Rounded up, without overflow: at least one, at most all.
    const std::uint64_t rank = ((total / 1000) * permille) + ((((total % 1000) * permille) + 999) / 1000);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen = saturating_add(seen, buckets_[i]);
        if (seen >= std::max<std::uint64_t>(rank, 1))
            return std::min(histogram_upper_bound(i), max_us_);
    }
    return max_us_;
}

} // namespace daedalus::statistics
