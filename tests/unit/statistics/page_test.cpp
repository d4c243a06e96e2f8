// SPDX-License-Identifier: BSD-2-Clause
// The page against a worker that lies, and against files that are no pages.
#include "statistics/recorder.h"
#include "statistics/snapshot.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace daedalus::statistics {
namespace {

util::UniqueFd duplicate(int fd) {
    return util::UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

TEST(WorkerPage, IsSharedBetweenWriterAndReader) {
    auto reader = WorkerPage::create();
    ASSERT_TRUE(reader) << reader.error().message;
    auto writer = WorkerPage::map(duplicate(reader->fd()), WorkerPage::Access::write);
    ASSERT_TRUE(writer) << writer.error().message;
    Recorder recorder(*writer);
    recorder.set_threads(3);
    EXPECT_EQ(snapshot(*reader, monotonic_ns()).threads, 3U);
}

TEST(WorkerPage, GivesAReaderNothingToWrite) {
    auto reader = WorkerPage::create();
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->writable(), nullptr);
}

TEST(WorkerPage, CannotBeResized) {
    auto page = WorkerPage::create();
    ASSERT_TRUE(page);
    EXPECT_NE(ftruncate(page->fd(), 0), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_NE(ftruncate(page->fd(), 1 << 20), 0);
}

TEST(WorkerPage, RefusesAFileThatCanShrink) {
    util::UniqueFd fd(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    ASSERT_EQ(ftruncate(fd.get(), sizeof(PageLayout)), 0);
    const auto page = WorkerPage::map(std::move(fd), WorkerPage::Access::read);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code.value(), EINVAL);
}

TEST(WorkerPage, RefusesAnotherSizeAndAnotherVersion) {
    for (const off_t size : {static_cast<off_t>(16), static_cast<off_t>(sizeof(PageLayout))}) {
        util::UniqueFd fd(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        ASSERT_EQ(ftruncate(fd.get(), size), 0);
        ASSERT_EQ(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
        const auto page = WorkerPage::map(std::move(fd), WorkerPage::Access::read);
        ASSERT_FALSE(page);
        EXPECT_EQ(page.error().code.value(), EINVAL);
    }
}

TEST(WorkerPage, RefusesAPipe) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const util::UniqueFd write_end(ends[1]);
    EXPECT_FALSE(WorkerPage::map(util::UniqueFd(ends[0]), WorkerPage::Access::read));
}

/// Every value a snapshot promises to bound is bounded, whatever bytes the worker wrote.
void expect_sane(const Snapshot& seen) {
    EXPECT_LE(seen.profile.size(), 31U);
    EXPECT_TRUE(std::ranges::all_of(seen.profile, [](char c) { return c >= ' ' && c <= '~'; }));
    EXPECT_LE(seen.jobs.size(), job_slots);
    EXPECT_LE(seen.recent_decode_us.size(), recent_frames);
    EXPECT_GE(seen.frames_per_second, 0);
    EXPECT_TRUE(std::isfinite(seen.frames_per_second));
    EXPECT_LE(static_cast<int>(seen.pixel_path), static_cast<int>(PixelPath::direct));
    if (seen.codec) {
        EXPECT_LT(static_cast<unsigned>(*seen.codec), static_cast<unsigned>(DAEDALUS_CODEC_COUNT));
    }
    for (const Job& job : seen.jobs) {
        EXPECT_NE(job.cookie, 0U);
        EXPECT_LE(static_cast<int>(job.state), static_cast<int>(JobState::done));
    }
    const Histogram& histogram = seen.counters.decode_time;
    EXPECT_LE(histogram.percentile_us(500), histogram.percentile_us(990));
    EXPECT_LE(histogram.percentile_us(990), histogram.max_us());
}

TEST(Snapshot, IsInRangeForEveryBytePattern) {
    auto reader = WorkerPage::create();
    ASSERT_TRUE(reader);
    std::mt19937 random(1);
    std::vector<unsigned char> bytes(sizeof(PageLayout));
    for (int round = 0; round < 500; ++round) {
        if (round < 256)
            std::memset(bytes.data(), round, bytes.size());
        else
            std::ranges::generate(bytes, [&] { return static_cast<unsigned char>(random()); });
        ASSERT_EQ(pwrite(reader->fd(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
        const Snapshot seen = snapshot(*reader, monotonic_ns());
        expect_sane(seen);
        Counters sum = seen.counters;
        sum.merge(seen.counters);
        EXPECT_GE(sum.frames, seen.counters.frames);
        EXPECT_GE(sum.errors(), seen.counters.errors());
    }
}

} // namespace
} // namespace daedalus::statistics
