// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/session_totals.h"

#include <gtest/gtest.h>

namespace daedalus::statistics {
namespace {

Counters counted(std::uint64_t frames, std::uint64_t bad) {
    Counters counters;
    counters.frames = frames;
    counters.statuses[DAEDALUS_STATUS_OK] = frames;
    counters.statuses[DAEDALUS_STATUS_BAD_STREAM] = bad;
    for (std::uint64_t i = 0; i < frames; ++i)
        counters.decode_time.add(100);
    return counters;
}

TEST(SessionTotals, SurviveTheirWorkers) {
    SessionTotals totals;
    totals.retire_worker(counted(10, 1));
    totals.retire_worker(counted(5, 0));
    const Counters sum = totals.total(counted(3, 2));
    EXPECT_EQ(sum.frames, 18U);
    EXPECT_EQ(sum.errors(), 3U);
    EXPECT_EQ(sum.decode_time.count(), 18U);
}

TEST(SessionTotals, CountFromResetOnWhileTheWorkerCountsOn) {
    SessionTotals totals;
    totals.retire_worker(counted(10, 1));
    totals.reset(counted(4, 0));
    EXPECT_EQ(totals.total(counted(4, 0)).frames, 0U);
    EXPECT_EQ(totals.total(counted(6, 1)).frames, 2U);
    EXPECT_EQ(totals.total(counted(6, 1)).errors(), 1U);
    totals.retire_worker(counted(6, 1));
    EXPECT_EQ(totals.total(Counters{}).frames, 2U);
}

TEST(CodecTotals, KeepCodecsApart) {
    CodecTotals totals;
    totals.retire_session(DAEDALUS_CODEC_H264, counted(10, 1));
    totals.retire_session(DAEDALUS_CODEC_H264, counted(20, 0));
    totals.retire_session(DAEDALUS_CODEC_AV1, counted(1, 0));
    EXPECT_EQ(totals.retired(DAEDALUS_CODEC_H264).frames, 30U);
    EXPECT_EQ(totals.sessions(DAEDALUS_CODEC_H264), 2U);
    EXPECT_EQ(totals.retired(DAEDALUS_CODEC_AV1).frames, 1U);
    EXPECT_EQ(totals.sessions(DAEDALUS_CODEC_VP9), 0U);
    totals.reset();
    EXPECT_EQ(totals.retired(DAEDALUS_CODEC_H264).frames, 0U);
    EXPECT_EQ(totals.sessions(DAEDALUS_CODEC_H264), 0U);
}

} // namespace
} // namespace daedalus::statistics
