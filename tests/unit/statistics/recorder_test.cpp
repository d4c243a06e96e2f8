// SPDX-License-Identifier: BSD-2-Clause
// What a worker records is what the supervisor reads.
#include "statistics/recorder.h"
#include "statistics/snapshot.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace daedalus::statistics {
namespace {

class RecorderTest : public testing::Test {
  protected:
    Snapshot read() { return snapshot(reader_, monotonic_ns()); }

    WorkerPage reader_ = WorkerPage::create().value();
    WorkerPage writer_ =
        WorkerPage::map(util::UniqueFd(fcntl(reader_.fd(), F_DUPFD_CLOEXEC, 0)), WorkerPage::Access::write)
            .value();
    Recorder recorder_{writer_};
};

TEST_F(RecorderTest, StartsFromNothing) {
    const Snapshot seen = read();
    EXPECT_EQ(seen.counters.frames, 0U);
    EXPECT_FALSE(seen.codec);
    EXPECT_FALSE(seen.since_progress_us);
    EXPECT_TRUE(seen.jobs.empty());
    EXPECT_TRUE(seen.recent_decode_us.empty());
    EXPECT_EQ(seen.frames_per_second, 0);
}

TEST_F(RecorderTest, DescribesTheStream) {
    recorder_.set_codec(DAEDALUS_CODEC_H264);
    recorder_.set_profile("High 10");
    recorder_.set_picture(1920, 1088, 0x3231564e);
    recorder_.set_threads(4);
    recorder_.set_pixel_path(PixelPath::gpu);
    const Snapshot seen = read();
    EXPECT_EQ(seen.codec, DAEDALUS_CODEC_H264);
    EXPECT_EQ(seen.profile, "High 10");
    EXPECT_EQ(seen.width, 1920U);
    EXPECT_EQ(seen.height, 1088U);
    EXPECT_EQ(seen.pixelformat, 0x3231564eU);
    EXPECT_EQ(seen.threads, 4U);
    EXPECT_EQ(seen.pixel_path, PixelPath::gpu);
}

TEST_F(RecorderTest, TellsHowLongTheDecoderHasBeenCalled) {
    EXPECT_FALSE(read().in_decoder_us);
    {
        const InDecoder in(recorder_);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        EXPECT_GE(read().in_decoder_us.value_or(0), 2000U);
    }
    EXPECT_FALSE(read().in_decoder_us);
}

TEST_F(RecorderTest, CutsALongProfileName) {
    recorder_.set_profile(std::string(100, 'x'));
    EXPECT_EQ(read().profile, std::string(31, 'x'));
    recorder_.set_profile("Main");
    EXPECT_EQ(read().profile, "Main");
}

TEST_F(RecorderTest, FollowsAJobThroughItsStates) {
    recorder_.job_queued(7, 5000, 3, 2'000'000);
    Snapshot seen = read();
    ASSERT_EQ(seen.jobs.size(), 1U);
    EXPECT_EQ(seen.jobs[0].cookie, 7U);
    EXPECT_EQ(seen.jobs[0].state, JobState::queued);
    EXPECT_EQ(seen.jobs[0].bitstream_bytes, 5000U);
    EXPECT_EQ(seen.jobs[0].dst_buffer, 3U);
    EXPECT_GE(seen.jobs[0].age_us, 2000U);
    EXPECT_LT(seen.jobs[0].in_state_us, 2000U);
    EXPECT_EQ(seen.queue_depth, 1U);
    EXPECT_TRUE(seen.since_progress_us);

    recorder_.job_decoding(7);
    EXPECT_EQ(read().jobs.at(0).state, JobState::decoding);
    recorder_.job_done(7);
    EXPECT_EQ(read().jobs.at(0).state, JobState::done);
    recorder_.job_completed(7, DAEDALUS_STATUS_OK, true);
    seen = read();
    EXPECT_TRUE(seen.jobs.empty());
    EXPECT_EQ(seen.queue_depth, 0U);
    EXPECT_EQ(seen.counters.frames, 1U);
    EXPECT_EQ(seen.counters.bitstream_bytes, 5000U);
    EXPECT_EQ(seen.counters.statuses[DAEDALUS_STATUS_OK], 1U);
    EXPECT_EQ(seen.counters.decode_time.count(), 1U);
    EXPECT_GE(seen.counters.latency.max_us(), 2000U);
    EXPECT_EQ(seen.recent_decode_us.size(), 1U);
    EXPECT_EQ(seen.frames_per_second, 1);
}

TEST_F(RecorderTest, DecodeTimeEndsWhenThePictureIsDoneNotWhenItIsAnswered) {
    recorder_.job_queued(1, 1, 1, 0);
    recorder_.job_decoding(1);
    recorder_.job_done(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    recorder_.job_completed(1, DAEDALUS_STATUS_OK, true);
    EXPECT_LT(read().counters.decode_time.max_us(), 20000U);
    EXPECT_GE(read().counters.latency.max_us(), 30000U);
}

TEST_F(RecorderTest, CountsEveryStatusApart) {
    std::uint64_t cookie = 1;
    for (unsigned status = 0; status < DAEDALUS_STATUS_COUNT; ++status)
        for (unsigned i = 0; i <= status; ++i) {
            recorder_.job_queued(cookie, 1, 1, 0);
            recorder_.job_decoding(cookie);
            recorder_.job_completed(cookie, static_cast<enum daedalus_status>(status), status <= 1);
            ++cookie;
        }
    const Counters counters = read().counters;
    for (unsigned status = 0; status < DAEDALUS_STATUS_COUNT; ++status)
        EXPECT_EQ(counters.statuses[status], status + 1) << status;
    EXPECT_EQ(counters.frames, 3U);
    EXPECT_EQ(counters.concealed(), 2U);
    EXPECT_EQ(counters.errors(), 3U + 4 + 5 + 6 + 7 + 8 + 9 + 10);
    EXPECT_EQ(counters.decode_time.count(), 3U) << "only pictures are timed";
}

TEST_F(RecorderTest, DroppedJobsAreNoFrames) {
    recorder_.job_queued(1, 10, 1, 0);
    recorder_.job_dropped(1);
    const Snapshot seen = read();
    EXPECT_EQ(seen.counters.dropped, 1U);
    EXPECT_EQ(seen.counters.frames, 0U);
    EXPECT_EQ(seen.queue_depth, 0U);
    EXPECT_TRUE(seen.jobs.empty());
}

TEST_F(RecorderTest, CountsJobsBeyondTheTable) {
    for (std::uint64_t cookie = 1; cookie <= job_slots + 5; ++cookie)
        recorder_.job_queued(cookie, 1, cookie, 0);
    Snapshot seen = read();
    EXPECT_EQ(seen.jobs.size(), job_slots);
    EXPECT_EQ(seen.queue_depth, job_slots + 5);
    EXPECT_EQ(seen.counters.untracked_jobs, 5U);
    for (std::uint64_t cookie = 1; cookie <= job_slots + 5; ++cookie)
        recorder_.job_completed(cookie, DAEDALUS_STATUS_OK, true);
    seen = read();
    EXPECT_EQ(seen.queue_depth, 0U);
    EXPECT_EQ(seen.counters.frames, job_slots + 5);
}

TEST_F(RecorderTest, KeepsTheLastFramesOldestFirst) {
    for (std::uint64_t cookie = 1; cookie <= recent_frames + 10; ++cookie) {
        recorder_.job_queued(cookie, 1, 1, 0);
        recorder_.job_decoding(cookie);
        recorder_.job_completed(cookie, DAEDALUS_STATUS_OK, true);
    }
    const Snapshot seen = read();
    EXPECT_EQ(seen.recent_decode_us.size(), recent_frames);
    EXPECT_GT(seen.frames_per_second, static_cast<double>(recent_frames));
}

TEST_F(RecorderTest, RateFallsToZeroWhenNothingComes) {
    recorder_.job_queued(1, 1, 1, 0);
    recorder_.job_decoding(1);
    recorder_.job_completed(1, DAEDALUS_STATUS_OK, true);
    const std::uint64_t later = monotonic_ns() + 2'000'000'000;
    EXPECT_EQ(snapshot(reader_, later).frames_per_second, 0);
    EXPECT_GE(snapshot(reader_, later).since_progress_us.value_or(0), 2'000'000U);
}

TEST(Recorder, WithoutAPageRecordsNothing) {
    Recorder recorder;
    recorder.set_profile("Main");
    recorder.set_picture(1, 1, 1);
    recorder.job_queued(1, 1, 1, 1);
    recorder.job_decoding(1);
    recorder.job_done(1);
    recorder.job_completed(1, DAEDALUS_STATUS_OK, true);
    recorder.job_dropped(1);
    recorder.progress();
}

// A reader that looks at any moment sees each job's own fields, never a mix of two jobs'.
TEST_F(RecorderTest, ReaderNeverSeesAMixOfJobs) {
    std::atomic<bool> stop = false;
    std::thread worker([&] {
        for (std::uint64_t cookie = 1; !stop; ++cookie) {
            recorder_.job_queued(cookie, cookie * 3, cookie * 5, 0);
            recorder_.job_decoding(cookie);
            recorder_.job_completed(cookie, DAEDALUS_STATUS_OK, true);
        }
    });
    std::size_t jobs_seen = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (jobs_seen < 2000 && std::chrono::steady_clock::now() < deadline)
        for (const Job& job : read().jobs) {
            ++jobs_seen;
            ASSERT_EQ(job.bitstream_bytes, job.cookie * 3);
            ASSERT_EQ(job.dst_buffer, job.cookie * 5);
        }
    stop = true;
    worker.join();
    EXPECT_GT(jobs_seen, 0U);
}

TEST_F(RecorderTest, CountsOfManyThreadsAddUp) {
    constexpr std::uint64_t jobs = 60;
    for (std::uint64_t cookie = 1; cookie <= jobs; ++cookie)
        recorder_.job_queued(cookie, 1, 1, 0);
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < 4; ++thread)
        threads.emplace_back([this, thread] {
            for (std::uint64_t cookie = 1 + thread; cookie <= jobs; cookie += 4) {
                recorder_.job_decoding(cookie);
                recorder_.job_done(cookie);
                recorder_.job_completed(cookie, DAEDALUS_STATUS_OK, true);
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    const Snapshot seen = read();
    EXPECT_EQ(seen.counters.frames, jobs);
    EXPECT_EQ(seen.counters.decode_time.count(), jobs);
    EXPECT_EQ(seen.queue_depth, 0U);
}

} // namespace
} // namespace daedalus::statistics
