// SPDX-License-Identifier: BSD-2-Clause
// What a session may use, and that it gets no more.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace daedalus::test {
namespace {

constexpr std::uint32_t good_flags = DAEDALUS_COMPLETE_SRC_CONSUMED | DAEDALUS_COMPLETE_HAS_PIXELS;

const Clip& small_clip() {
    return h264_clip("176x144", 20, "-x264-params keyint=10:bframes=2:ref=4");
}

/// Plays the clip; every frame must come back with this status, and with something to show.
void expect_all(daedalus_status status, const PlayerOptions& options) {
    Player player(small_clip(), options);
    std::vector<Played> played;
    player.play(0, small_clip().stream.pictures.size(), 2, played);
    EXPECT_EQ(played.size(), small_clip().stream.frames.size());
    for (const Played& frame : played) {
        EXPECT_EQ(frame.answer.status, status) << "frame " << frame.frame;
        EXPECT_EQ(frame.answer.flags, good_flags) << "frame " << frame.frame;
    }
    const auto end = player.finish();
    EXPECT_TRUE(end) << end.error().message;
}

std::size_t threads_of(pid_t pid) {
    const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(Ceilings, PicturesJustAsLargeAsAllowed) {
    expect_all(DAEDALUS_STATUS_OK, {.threads = 2, .max_width = 176, .max_height = 144});
}

TEST(Ceilings, LargerPictures) {
    expect_all(DAEDALUS_STATUS_UNSUPPORTED, {.threads = 2, .max_width = 175, .max_height = 4096});
    expect_all(DAEDALUS_STATUS_UNSUPPORTED, {.threads = 2, .max_width = 4096, .max_height = 143});
}

TEST(Ceilings, LargerRequests) {
    const auto& pictures = small_clip().stream.pictures;
    const auto largest = std::ranges::max_element(
        pictures, {}, [](const h264::Picture& picture) { return picture.bitstream.size(); });
    const auto size = static_cast<std::uint32_t>(largest->bitstream.size());
    expect_all(DAEDALUS_STATUS_OK, {.threads = 2, .limits = {.max_bitstream_bytes = size}});
    expect_all(DAEDALUS_STATUS_UNSUPPORTED, {.threads = 2, .limits = {.max_bitstream_bytes = 10}});
}

TEST(Ceilings, MemoryForPictures) {
    expect_all(DAEDALUS_STATUS_INTERNAL, {.threads = 2, .picture_memory = 10000});
}

/// Of all that a worker allocates; 1 GiB does, 1 MiB does not even for the libraries.
TEST(Ceilings, MemoryOfTheWorker) {
    expect_all(DAEDALUS_STATUS_OK, {.threads = 2, .memory_bytes = std::uint64_t{1} << 30});
    Player player(small_clip(), {.threads = 2, .memory_bytes = 1U << 20});
    std::vector<Played> played;
    EXPECT_ANY_THROW(player.play(0, 1, 1, played));
    EXPECT_FALSE(player.finish());
}

TEST(Ceilings, Threads) {
    for (const unsigned threads : {1U, 3U}) {
        Player player(small_clip(), {.threads = threads});
        std::vector<Played> played;
        player.play(0, 5, 2, played);
        const std::size_t running = threads_of(player.worker_pid());
        EXPECT_LE(running, threads + 1) << "beside the one that reads";
        player.flush();
        player.play(10, 15, 2, played);
        EXPECT_EQ(threads_of(player.worker_pid()), running);
    }
}

} // namespace
} // namespace daedalus::test
