// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/reference_tracker.h"

#include <gtest/gtest.h>

#include <array>

namespace daedalus::decoder {
namespace {

bool complete(const ReferenceTracker& tracker, std::uint64_t timestamp) {
    return tracker.complete(std::array{timestamp});
}

TEST(ReferenceTracker, KnowsWhatWasDecoded) {
    ReferenceTracker tracker;
    EXPECT_TRUE(tracker.complete({}));
    EXPECT_FALSE(complete(tracker, 0));
    tracker.record(1, 0, true);
    tracker.record(2, 1000, true);
    EXPECT_TRUE(tracker.complete(std::array<std::uint64_t, 2>{0, 1000}));
    EXPECT_FALSE(tracker.complete(std::array<std::uint64_t, 2>{0, 2000}));
}

TEST(ReferenceTracker, ABufferHoldsItsLastPictureOnly) {
    ReferenceTracker tracker;
    tracker.record(1, 0, true);
    tracker.record(1, 1000, true);
    EXPECT_FALSE(complete(tracker, 0));
    EXPECT_TRUE(complete(tracker, 1000));
}

TEST(ReferenceTracker, ATimestampNamesTheNewestPicture) {
    ReferenceTracker tracker;
    tracker.record(1, 7, true);
    tracker.record(2, 7, false);
    EXPECT_FALSE(complete(tracker, 7));
    tracker.record(3, 7, true);
    EXPECT_TRUE(complete(tracker, 7));
    tracker.forget(3);
    EXPECT_FALSE(complete(tracker, 7));
}

TEST(ReferenceTracker, ForgetsFreedBuffersAndAll) {
    ReferenceTracker tracker;
    tracker.record(1, 1, true);
    tracker.record(2, 2, true);
    tracker.record(3, 3, true);
    tracker.forget(2);
    EXPECT_FALSE(complete(tracker, 2));
    EXPECT_TRUE(complete(tracker, 3));
    tracker.forget(0);
    EXPECT_FALSE(complete(tracker, 3));
}

} // namespace
} // namespace daedalus::decoder
