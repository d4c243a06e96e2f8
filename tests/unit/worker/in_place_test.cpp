// SPDX-License-Identifier: BSD-2-Clause
// Pictures that the decoder puts into the client's buffer itself: the same ones, nothing beyond them, and
// never into a buffer whose picture is still predicted from.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <algorithm>

namespace daedalus::test {
namespace {

using statistics::PixelPath;

constexpr std::uint8_t untouched = 0xcc;

const Clip& gop_clip() {
    return h264_clip("176x144", 50, "-x264-params keyint=10:min-keyint=10:scenecut=0:bframes=3:ref=4");
}

const Clip& interlaced_clip() {
    return h264_clip("176x160", 30, "-x264-params interlaced=1:tff=1:bframes=2");
}

void fill(Player& player) {
    for (const std::uint64_t buffer : player.buffers())
        for (std::uint32_t plane = 0; plane < player.layout().planes; plane++)
            std::ranges::fill(player.kernel().bytes(buffer, plane), untouched);
}

/// Lines below the macroblocks of the picture are nobody's.
void expect_untouched_below(Player& player, std::uint32_t coded_height) {
    const daedalus_picture_layout& layout = player.layout();
    for (const std::uint64_t buffer : player.buffers())
        for (unsigned plane = 0; plane < 3; plane++) {
            const PlanePlace place = place_of(layout, plane);
            const std::size_t first = plane == 0 ? coded_height : coded_height / 2;
            const std::size_t end = plane == 0 ? layout.height : layout.height / 2;
            const auto room = player.kernel()
                                  .bytes(buffer, place.memory)
                                  .subspan(place.offset + first * place.stride, (end - first) * place.stride);
            ASSERT_TRUE(std::ranges::all_of(room, [](std::uint8_t byte) { return byte == untouched; }))
                << "plane " << plane << " of buffer " << buffer;
        }
}

/// How many of the answers came when the picture written last was in place.
std::size_t in_place(const std::vector<Played>& played) {
    return static_cast<std::size_t>(std::ranges::count(played, PixelPath::direct, &Played::path));
}

void expect_truth(const Clip& clip, const std::vector<Played>& played) {
    for (const Played& frame : played) {
        EXPECT_EQ(frame.answer.status, DAEDALUS_STATUS_OK) << "frame " << frame.frame;
        ASSERT_TRUE(frame.pixels == truth(clip, frame.frame)) << "the pixels of frame " << frame.frame;
    }
}

struct Case {
    const char* name;
    std::uint32_t pixelformat;
    unsigned threads;
    unsigned depth;
};

class InPlace : public testing::TestWithParam<Case> {
  protected:
    void expect_all(const Clip& clip) {
        Player player(clip, {.threads = GetParam().threads,
                             .pixelformat = GetParam().pixelformat,
                             .buffers = 48,
                             .room = true});
        fill(player);
        std::vector<Played> played;
        player.play(0, clip.stream.pictures.size(), GetParam().depth, played);
        ASSERT_EQ(played.size(), clip.stream.frames.size());
        expect_truth(clip, played);
        EXPECT_EQ(in_place(played), played.size());
        expect_untouched_below(player, clip.stream.frames.at(0).coded_height);
    }
};

TEST_P(InPlace, BFrames) {
    expect_all(gop_clip());
}

TEST_P(InPlace, PyramidsAndSixteenReferences) {
    expect_all(
        h264_clip("176x144", 40, "-x264-params ref=16:bframes=7:b-pyramid=normal:b-adapt=0:keyint=100"));
}

TEST_P(InPlace, SlicesAndWeights) {
    expect_all(h264_clip("176x144", 25, "-x264-params slices=4:bframes=2:weightp=2:weightb=1"));
}

TEST_P(InPlace, SizesOfAnyKind) {
    for (const char* size : {"16x16", "130x70", "146x240", "128x126"})
        expect_all(h264_clip(size, 12, "-bf 2"));
}

INSTANTIATE_TEST_SUITE_P(Worker, InPlace,
                         testing::Values(Case{"Yu12Lockstep", V4L2_PIX_FMT_YUV420, 1, 1},
                                         Case{"Yu12Pipelined", V4L2_PIX_FMT_YUV420, 2, 4},
                                         Case{"Yuv420mLockstep", V4L2_PIX_FMT_YUV420M, 2, 1},
                                         Case{"Yuv420mPipelined", V4L2_PIX_FMT_YUV420M, 4, 8}),
                         [](const auto& info) { return info.param.name; });

// With as few buffers as can be, they come back while libavcodec still has their pictures for its output.
TEST(InPlaceOrNot, BuffersInUseAreNotDecodedInto) {
    const Clip& clip = gop_clip();
    for (const unsigned threads : {1U, 2U, 4U}) {
        Player player(
            clip,
            {.threads = threads, .pixelformat = V4L2_PIX_FMT_YUV420M, .buffers = threads + 6, .room = true});
        std::vector<Played> played;
        player.play(0, clip.stream.pictures.size(), threads, played);
        ASSERT_EQ(played.size(), clip.stream.frames.size());
        expect_truth(clip, played);
        EXPECT_GT(in_place(played), 0U);
        EXPECT_LT(in_place(played), played.size()) << "this test wants a buffer that comes back too early";
    }
}

// Libavcodec takes the line lengths of the references to be those of the picture.
TEST(InPlaceOrNot, LineLengthsDoNotMixInOneStream) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 2, .pixelformat = V4L2_PIX_FMT_YUV420M, .buffers = 48, .padding = 0});
    std::vector<Played> played;
    player.play(0, 13, 2, played);
    EXPECT_EQ(in_place(played), 0U);
    player.use_layout(make_roomy_layout(V4L2_PIX_FMT_YUV420M, 176, 144));
    player.play(13, 20, 2, played);
    EXPECT_EQ(in_place(played), 0U) << "the references are of another line length";
    player.flush();
    player.play(20, 50, 2, played);
    EXPECT_GT(in_place(played), 25U);
    expect_truth(clip, played);
}

TEST(InPlaceOrNot, FreedBuffersStayMappedWhileTheyArePredictedFrom) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 2, .pixelformat = V4L2_PIX_FMT_YUV420M, .buffers = 20, .room = true});
    std::vector<Played> played;
    player.play(0, 15, 2, played);
    player.replace_buffers();
    player.play(15, 20, 2, played);
    EXPECT_EQ(played.size(), 20U);
    for (const Played& frame : played)
        EXPECT_TRUE(frame.pixels == truth(clip, frame.frame)) << "frame " << frame.frame;
}

TEST(InPlaceOrNot, InterlacedStreamsAreCopied) {
    const Clip& clip = interlaced_clip();
    Player player(clip, {.threads = 1, .pixelformat = V4L2_PIX_FMT_YUV420M, .room = true});
    std::vector<Played> played;
    player.play(0, clip.stream.pictures.size(), 1, played);
    expect_truth(clip, played);
    EXPECT_EQ(in_place(played), 0U);
}

} // namespace
} // namespace daedalus::test
