// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/reference_tracker.h"

#include <gtest/gtest.h>

#include <array>

namespace daedalus::decoder {
namespace {

constexpr unsigned full = ReferenceTracker::full_doubt;

unsigned doubt(const ReferenceTracker& tracker, std::uint64_t timestamp) {
    return tracker.doubt(std::array{timestamp});
}

TEST(ReferenceTracker, KnowsWhatWasDecoded) {
    ReferenceTracker tracker;
    EXPECT_EQ(tracker.doubt({}), 0U);
    EXPECT_EQ(doubt(tracker, 0), full);
    tracker.record(1, 0, 0);
    tracker.record(2, 1000, 0);
    EXPECT_EQ(tracker.doubt(std::array<std::uint64_t, 2>{0, 1000}), 0U);
    EXPECT_EQ(tracker.doubt(std::array<std::uint64_t, 2>{0, 2000}), full);
}

TEST(ReferenceTracker, ABufferHoldsItsLastPictureOnly) {
    ReferenceTracker tracker;
    tracker.record(1, 0, 0);
    tracker.record(1, 1000, 0);
    EXPECT_EQ(doubt(tracker, 0), full);
    EXPECT_EQ(doubt(tracker, 1000), 0U);
}

TEST(ReferenceTracker, ATimestampNamesTheNewestPicture) {
    ReferenceTracker tracker;
    tracker.record(1, 7, 0);
    tracker.record(2, 7, full);
    EXPECT_NE(doubt(tracker, 7), 0U);
    tracker.record(3, 7, 0);
    EXPECT_EQ(doubt(tracker, 7), 0U);
    tracker.forget(3);
    EXPECT_NE(doubt(tracker, 7), 0U);
}

TEST(ReferenceTracker, ForgetsFreedBuffersAndAll) {
    ReferenceTracker tracker;
    tracker.record(1, 1, 0);
    tracker.record(2, 2, 0);
    tracker.record(3, 3, 0);
    tracker.forget(2);
    EXPECT_EQ(doubt(tracker, 2), full);
    EXPECT_EQ(doubt(tracker, 3), 0U);
    tracker.forget(0);
    EXPECT_EQ(doubt(tracker, 3), full);
}

TEST(ReferenceTracker, DoubtComesFromTheWorstReferenceAndEndsSomeDay) {
    ReferenceTracker tracker;
    tracker.record(1, 1, full);
    tracker.record(2, 2, 0);
    EXPECT_EQ(tracker.doubt(std::array<std::uint64_t, 2>{1, 2}), full - 1);
    unsigned predictions = 0;
    for (unsigned left = full; left > 0; predictions++) {
        left = doubt(tracker, 1);
        tracker.record(1, 1, left);
    }
    EXPECT_EQ(predictions, full);
}

} // namespace
} // namespace daedalus::decoder
