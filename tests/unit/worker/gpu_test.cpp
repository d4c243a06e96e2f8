// SPDX-License-Identifier: BSD-2-Clause
// Whole streams through a worker in its sandbox whose pictures a GPU writes, against ffmpeg. The GPU is
// Mesa's in software.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

namespace daedalus::test {
namespace {

const gpu::Options software = {.device = {.wanted = "llvmpipe"},
                               .only_if_it_pays = false,
                               .may_copy = true,
                               .patience = std::chrono::seconds(30)};

void expect_good(const Clip& clip, const std::vector<Played>& played, statistics::PixelPath path) {
    for (const Played& frame : played) {
        EXPECT_EQ(frame.answer.status, DAEDALUS_STATUS_OK) << "frame " << frame.frame;
        EXPECT_EQ(frame.path, path) << "frame " << frame.frame;
        EXPECT_TRUE(frame.pixels == truth(clip, frame.frame)) << "the pixels of frame " << frame.frame;
    }
}

void play_whole(const Clip& clip, const PlayerOptions& options, statistics::PixelPath path) {
    Player player(clip, options);
    std::vector<Played> played;
    player.play(0, clip.stream.pictures.size(), 4, played);
    ASSERT_EQ(played.size(), clip.stream.frames.size());
    expect_good(clip, played, path);
    const auto end = player.finish();
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, worker::End::closed);
}

const Clip& clip_of_8_bits() {
    return h264_clip("176x144", 50, "-x264-params keyint=10:min-keyint=10:scenecut=0:bframes=3:ref=4");
}

const Clip& clip_of_10_bits() {
    return h264_clip("130x70", 20, "-profile:v high10 -bf 3", "yuv420p10le");
}

TEST(WorkerGpu, WritesNv12) {
    for (const unsigned threads : {1U, 3U})
        play_whole(clip_of_8_bits(), {.threads = threads, .gpu = software}, statistics::PixelPath::gpu);
}

TEST(WorkerGpu, WritesP010AndOddLines) {
    play_whole(clip_of_10_bits(), {.threads = 2, .gpu = software}, statistics::PixelPath::gpu);
    play_whole(clip_of_10_bits(), {.threads = 2, .padding = 2, .gpu = software}, statistics::PixelPath::gpu);
}

TEST(WorkerGpu, LeavesPlanarBuffersAlone) {
    play_whole(clip_of_8_bits(), {.threads = 2, .pixelformat = V4L2_PIX_FMT_YUV420, .gpu = software},
               statistics::PixelPath::cpu);
}

// Where pictures are decoded the GPU reads them, and where the client has its buffers it writes.
TEST(WorkerGpu, CopiesNothing) {
    gpu::Options without_copies = software;
    without_copies.may_copy = false;
    play_whole(clip_of_8_bits(), {.threads = 2, .gpu = without_copies}, statistics::PixelPath::gpu);
    play_whole(clip_of_10_bits(), {.threads = 2, .gpu = without_copies}, statistics::PixelPath::gpu);
}

// As a machine without Vulkan, and one whose GPU is not the one that was asked for.
TEST(WorkerGpu, IsNotMissed) {
    const gpu::Options none = {.device = {.library = "libno-such-vulkan.so.1"}};
    play_whole(clip_of_8_bits(), {.threads = 2, .gpu = none}, statistics::PixelPath::cpu);
    const gpu::Options other = {.device = {.wanted = "no such GPU"}, .only_if_it_pays = false};
    play_whole(clip_of_8_bits(), {.threads = 2, .gpu = other}, statistics::PixelPath::cpu);
}

// The second worker's GPU is a new one, or, as here, the same again.
TEST(WorkerGpu, IsTakenUpByTheNextWorker) {
    const Clip& clip = clip_of_8_bits();
    Player player(clip, {.threads = 2, .journal_bytes = 1U << 20, .gpu = software});
    std::vector<Played> played;
    player.play(0, 15, 2, played);
    player.replace_worker();
    player.play(15, 30, 2, played);
    EXPECT_EQ(played.size(), 30U);
    expect_good(clip, played, statistics::PixelPath::gpu);
}

} // namespace
} // namespace daedalus::test
