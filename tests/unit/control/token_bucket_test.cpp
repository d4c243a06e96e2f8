// SPDX-License-Identifier: BSD-2-Clause
#include "control/token_bucket.h"

#include <gtest/gtest.h>

namespace daedalus::control {
namespace {

TEST(TokenBucket, AllowsTheBurstThenTheRate) {
    TokenBucket bucket(10, 3);
    std::uint64_t now = 1'000'000'000;
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
    EXPECT_EQ(bucket.wait_us(now), 100'000U);
    now += 100'000;
    EXPECT_EQ(bucket.wait_us(now), 0U);
    EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
    unsigned taken = 0;
    for (int i = 0; i < 1000; ++i) {
        now += 10'000;
        taken += bucket.take(now) ? 1 : 0;
    }
    EXPECT_NEAR(taken, 100, 1);
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
    TokenBucket bucket(1000, 5);
    EXPECT_TRUE(bucket.full(1));
    EXPECT_TRUE(bucket.take(1));
    EXPECT_FALSE(bucket.full(1));
    const std::uint64_t later = 1'000'000'000'000;
    EXPECT_TRUE(bucket.full(later));
    unsigned taken = 0;
    while (bucket.take(later))
        ++taken;
    EXPECT_EQ(taken, 5U);
}

TEST(TokenBucket, IgnoresAClockThatRunsBackwards) {
    TokenBucket bucket(10, 1);
    EXPECT_TRUE(bucket.take(1'000'000));
    EXPECT_FALSE(bucket.take(500'000));
    EXPECT_GT(bucket.wait_us(500'000), 0U);
}

} // namespace
} // namespace daedalus::control
