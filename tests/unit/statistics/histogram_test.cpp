// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace daedalus::statistics {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST(HistogramBuckets, CoverEveryDurationOnceAndInOrder) {
    for (std::size_t bucket = 0; bucket < histogram_buckets; ++bucket) {
        const std::uint64_t upper = histogram_upper_bound(bucket);
        EXPECT_EQ(histogram_bucket(upper), bucket);
        if (bucket + 1 < histogram_buckets) {
            EXPECT_EQ(histogram_bucket(upper + 1), bucket + 1);
        }
    }
    EXPECT_EQ(histogram_bucket(0), 0U);
    EXPECT_EQ(histogram_bucket(largest), histogram_buckets - 1);
}

TEST(HistogramBuckets, AreAtMostAnEighthWide) {
    for (std::size_t bucket = 1; bucket < histogram_buckets; ++bucket) {
        const double lower = static_cast<double>(histogram_upper_bound(bucket - 1)) + 1;
        const auto upper = static_cast<double>(histogram_upper_bound(bucket));
        EXPECT_LE(upper - lower, lower / 8) << "bucket " << bucket;
    }
}

TEST(Histogram, IsZeroWhenEmpty) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.percentile_us(500), 0U);
    EXPECT_EQ(histogram.max_us(), 0U);
}

TEST(Histogram, PercentilesAreWithinABucketOfTheTruth) {
    std::mt19937 random(7);
    std::lognormal_distribution<double> distribution(8, 1);
    std::vector<std::uint64_t> durations;
    Histogram histogram;
    for (int i = 0; i < 10000; ++i) {
        durations.push_back(static_cast<std::uint64_t>(distribution(random)));
        histogram.add(durations.back());
    }
    std::ranges::sort(durations);
    for (const unsigned permille : {1U, 500U, 950U, 990U, 999U, 1000U}) {
        const std::uint64_t truth = durations[(10 * permille) - 1];
        EXPECT_GE(histogram.percentile_us(permille), truth) << permille;
        EXPECT_LE(static_cast<double>(histogram.percentile_us(permille)), static_cast<double>(truth) * 1.125)
            << permille;
    }
    EXPECT_EQ(histogram.percentile_us(1000), histogram.max_us());
    EXPECT_EQ(histogram.count(), 10000U);
}

TEST(Histogram, PercentileNeverExceedsTheMaximum) {
    Histogram histogram;
    histogram.add(1000);
    EXPECT_EQ(histogram.percentile_us(500), 1000U);
    EXPECT_EQ(histogram.percentile_us(990), 1000U);
}

TEST(Histogram, MergeThenSubtractGivesTheOtherPart) {
    Histogram first;
    Histogram second;
    for (std::uint64_t i = 0; i < 100; ++i) {
        first.add(i * 10);
        second.add(i * 1000);
    }
    Histogram sum = first;
    sum.merge(second);
    EXPECT_EQ(sum.count(), 200U);
    EXPECT_EQ(sum.sum_us(), first.sum_us() + second.sum_us());
    sum.subtract(first);
    EXPECT_EQ(sum.buckets(), second.buckets());
    EXPECT_EQ(sum.sum_us(), second.sum_us());
}

TEST(Histogram, MaximumOfWhatIsTakenAwayGoesWithIt) {
    Histogram before;
    before.add(5'000'000);
    Histogram after = before;
    after.add(1000);
    after.subtract(before);
    EXPECT_GE(after.max_us(), 1000U);
    EXPECT_LE(after.max_us(), 1125U);
    Histogram nothing = before;
    nothing.subtract(before);
    EXPECT_EQ(nothing.max_us(), 0U);
}

TEST(Histogram, SaturatesInsteadOfWrapping) {
    Histogram liar;
    for (std::size_t i = 0; i < histogram_buckets; ++i)
        liar.add_bucket(i, largest);
    liar.add_bucket(histogram_buckets, 1);
    liar.add_extremes(largest, largest);
    Histogram sum = liar;
    sum.merge(liar);
    EXPECT_EQ(sum.count(), largest);
    EXPECT_EQ(sum.sum_us(), largest);
    EXPECT_LE(sum.percentile_us(500), sum.percentile_us(990));
}

} // namespace
} // namespace daedalus::statistics
