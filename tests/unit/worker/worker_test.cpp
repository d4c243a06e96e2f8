// SPDX-License-Identifier: BSD-2-Clause
// A worker against ffmpeg, bit for bit, without a kernel.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <ostream>

namespace daedalus::test {
namespace {

constexpr std::uint32_t good_flags = DAEDALUS_COMPLETE_SRC_CONSUMED | DAEDALUS_COMPLETE_HAS_PIXELS;

void expect_good(const Clip& clip, const std::vector<Played>& played) {
    for (const Played& frame : played) {
        EXPECT_EQ(frame.answer.status, DAEDALUS_STATUS_OK) << "frame " << frame.frame;
        EXPECT_EQ(frame.answer.flags, good_flags) << "frame " << frame.frame;
        EXPECT_TRUE(frame.pixels == truth(clip, frame.frame)) << "the pixels of frame " << frame.frame;
    }
}

void expect_closed(Player& player) {
    const auto end = player.finish();
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, worker::End::closed);
}

const Clip& gop_clip() {
    return h264_clip("176x144", 50, "-x264-params keyint=10:min-keyint=10:scenecut=0:bframes=3:ref=4");
}

struct Way {
    unsigned threads;
    unsigned depth;
};

std::ostream& operator<<(std::ostream& out, const Way& way) {
    return out << way.threads << " threads, depth " << way.depth;
}

class EveryWay : public testing::TestWithParam<Way> {
  protected:
    void play_whole(const Clip& clip, std::uint32_t pixelformat = 0, std::uint32_t padding = 0) {
        Player player(clip, {.threads = GetParam().threads, .pixelformat = pixelformat, .padding = padding});
        std::vector<Played> played;
        player.play(0, clip.stream.pictures.size(), GetParam().depth, played);
        ASSERT_EQ(played.size(), clip.stream.frames.size());
        expect_good(clip, played);
        expect_closed(player);
    }
};

TEST_P(EveryWay, BFrames) {
    play_whole(gop_clip());
}

TEST_P(EveryWay, PyramidsAndSixteenReferences) {
    play_whole(
        h264_clip("176x144", 50, "-x264-params ref=16:bframes=7:b-pyramid=normal:b-adapt=0:keyint=100"));
}

TEST_P(EveryWay, SlicesAndWeights) {
    play_whole(h264_clip("176x144", 25, "-x264-params slices=4:bframes=2:weightp=2:weightb=1"));
}

TEST_P(EveryWay, ScalingMatrices) {
    play_whole(h264_clip("176x144", 20, "-profile:v high -x264-params cqm=jvt"));
}

TEST_P(EveryWay, OddSizes) {
    play_whole(h264_clip("130x70", 20, "-bf 2"), 0, 32);
}

TEST_P(EveryWay, Planar) {
    play_whole(gop_clip(), V4L2_PIX_FMT_YUV420);
    play_whole(gop_clip(), V4L2_PIX_FMT_YUV420M);
}

TEST_P(EveryWay, TenBits) {
    play_whole(h264_clip("130x70", 20, "-profile:v high10 -bf 3", "yuv420p10le"), 0, 64);
}

TEST_P(EveryWay, MacroblockPairs) {
    play_whole(h264_clip("176x160", 30, "-x264-params interlaced=1:tff=1:bframes=2"));
}

TEST_P(EveryWay, FramesAfterSeeks) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam().threads});
    std::vector<Played> played;
    player.play(0, 7, GetParam().depth, played);
    EXPECT_EQ(player.flush(), 1U);
    player.play(30, 44, GetParam().depth, played);
    EXPECT_EQ(player.flush(), 2U);
    player.play(10, 20, GetParam().depth, played);
    EXPECT_EQ(played.size(), 7U + 14U + 10U);
    expect_good(clip, played);
    expect_closed(player);
}

INSTANTIATE_TEST_SUITE_P(Worker, EveryWay,
                         testing::Values(Way{1, 1}, Way{1, 4}, Way{2, 1}, Way{2, 2}, Way{2, 4}, Way{3, 3},
                                         Way{4, 1}, Way{4, 8}),
                         [](const testing::TestParamInfo<Way>& info) {
                             return std::to_string(info.param.threads) + "ThreadsDepth" +
                                    std::to_string(info.param.depth);
                         });

class BadInput : public testing::TestWithParam<unsigned> {};

TEST_P(BadInput, IsAnsweredAndTheNextKeyFrameIsGood) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam()});
    std::vector<Played> played;
    player.play(0, 5, 1, played);
    const h264::Picture& picture = clip.stream.pictures[5];
    std::vector<std::byte> noise(3000, std::byte{0xa5});
    const std::vector<std::byte> stub = {std::byte{0}, std::byte{0}, std::byte{1}};
    std::vector<std::byte> cut(picture.bitstream.size() / 2);
    std::memcpy(cut.data(), picture.bitstream.data(), cut.size());

    for (const std::vector<std::byte>& bytes : {std::vector<std::byte>(), stub, noise}) {
        const Played bad = player.play_bytes(picture, bytes);
        EXPECT_EQ(bad.answer.status, DAEDALUS_STATUS_BAD_STREAM) << bytes.size() << " bytes";
        EXPECT_EQ(bad.answer.flags, good_flags);
        // What is shown instead is the picture before it.
        EXPECT_TRUE(bad.pixels == truth(clip, played.back().frame));
    }
    const Played half = player.play_bytes(picture, cut);
    EXPECT_EQ(half.answer.status, DAEDALUS_STATUS_CONCEALED);
    EXPECT_EQ(half.answer.flags, good_flags);

    played.clear();
    player.play(10, 30, 1, played);
    EXPECT_EQ(played.size(), 20U);
    expect_good(clip, played);
    expect_closed(player);
}

TEST_P(BadInput, WhatIsPredictedFromDamageIsTold) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam()});
    std::vector<Played> played;
    std::size_t damaged = 3;
    while (clip.stream.pictures[damaged].decode_params.nal_ref_idc == 0)
        damaged++;
    ASSERT_LT(damaged, 9U) << "the next group begins with the tenth";
    player.play(0, damaged, 1, played);
    expect_good(clip, played);
    played.clear();
    player.play(damaged, damaged + 1, 1, played,
                [](h264::Picture& picture) { picture.bitstream.resize(picture.bitstream.size() / 2); });
    EXPECT_EQ(played.at(0).answer.status, DAEDALUS_STATUS_CONCEALED);
    played.clear();
    player.play(damaged + 1, 10, 2, played);
    for (const Played& frame : played)
        EXPECT_EQ(frame.answer.status, DAEDALUS_STATUS_CONCEALED) << "frame " << frame.frame;
    EXPECT_EQ(played.size(), 9 - damaged);
    played.clear();
    player.play(10, 20, 2, played);
    expect_good(clip, played);
    expect_closed(player);
}

TEST_P(BadInput, MissingReferencesAreConcealedUntilTheKeyFrame) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam()});
    std::vector<Played> played;
    player.play(3, 10, 2, played);
    for (const Played& frame : played) {
        EXPECT_EQ(frame.answer.status, DAEDALUS_STATUS_CONCEALED) << "frame " << frame.frame;
        EXPECT_EQ(frame.answer.flags, good_flags);
    }
    EXPECT_EQ(played.size(), 7U);
    played.clear();
    player.play(10, 20, 2, played);
    expect_good(clip, played);
    expect_closed(player);
}

TEST_P(BadInput, AReferenceThatNobodyDecodedIsTold) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam()});
    std::vector<Played> played;
    player.play(0, 4, 1, played);
    expect_good(clip, played);
    played.clear();
    player.play(4, 5, 1, played, [](h264::Picture& picture) {
        for (v4l2_h264_dpb_entry& entry : picture.decode_params.dpb)
            entry.reference_ts += 77;
    });
    EXPECT_EQ(played.at(0).answer.status, DAEDALUS_STATUS_CONCEALED);
    expect_closed(player);
}

TEST_P(BadInput, RequestsWithoutControlsAreRefused) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = GetParam()});
    std::vector<Played> played;
    player.play(0, 2, 1, played);
    bridge::StandInKernel& kernel = player.kernel();
    const std::uint64_t buffer = player.buffer_of(played[1].frame);
    const auto& bytes = clip.stream.pictures[2].bitstream;
    ASSERT_TRUE(kernel.send_decode({.cookie = 1000, .timestamp = 0, .buffer = buffer}, {},
                                   std::as_bytes(std::span(bytes))));
    const auto answer = kernel.next_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<bridge::Completed>(*answer).cookie, 1000U);
    EXPECT_EQ(std::get<bridge::Completed>(*answer).status, DAEDALUS_STATUS_BAD_STREAM);
    expect_closed(player);
}

INSTANTIATE_TEST_SUITE_P(Worker, BadInput, testing::Values(1U, 2U, 4U));

TEST(Worker, MapsEachBufferOnceAndLetsGoOfRetiredOnes) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 2, .buffers = 10});
    std::vector<Played> played;
    player.play(0, 20, 2, played);
    const unsigned before = player.kernel().exports();
    EXPECT_LE(before, 10U);
    player.flush();
    player.replace_buffers();
    player.play(20, 40, 2, played);
    EXPECT_GT(player.kernel().exports(), before);
    EXPECT_LE(player.kernel().exports(), 20U);
    expect_good(clip, played);
    expect_closed(player);
}

TEST(Worker, NeverWritesBeyondASmallBuffer) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 1});
    std::vector<Played> played;
    player.play(0, 1, 1, played);
    bridge::StandInKernel& kernel = player.kernel();
    daedalus_picture_layout small = {};
    small.pixelformat = V4L2_PIX_FMT_NV12;
    small.width = small.height = 64;
    small.bytesperline = 64;
    small.planes = 1;
    small.sizeimage[0] = 64 * 96;
    const auto buffer = kernel.add_buffer(small);
    ASSERT_TRUE(buffer);
    const h264::Picture& picture = clip.stream.pictures[0];
    const std::vector<bridge::StandInControl> controls = {
        {.id = V4L2_CID_STATELESS_H264_SPS, .payload = std::as_bytes(std::span(&picture.sps, 1))},
        {.id = V4L2_CID_STATELESS_H264_PPS, .payload = std::as_bytes(std::span(&picture.pps, 1))},
        {.id = V4L2_CID_STATELESS_H264_DECODE_PARAMS,
         .payload = std::as_bytes(std::span(&picture.decode_params, 1))}};
    ASSERT_TRUE(kernel.send_decode({.cookie = 99, .timestamp = 5, .buffer = *buffer}, controls,
                                   std::as_bytes(std::span(picture.bitstream))));
    const auto answer = kernel.next_answer();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(std::get<bridge::Completed>(*answer).status, DAEDALUS_STATUS_BAD_BUFFER);
    expect_closed(player);
}

TEST(Worker, EndsWhenTheKernelBreaksTheProtocol) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 1});
    daedalus_msg_flush broken = {};
    broken.header = {77, sizeof(broken)};
    ASSERT_TRUE(player.kernel().send_raw(std::as_bytes(std::span(&broken, 1))));
    EXPECT_FALSE(player.kernel().next_answer());
    const auto end = player.finish();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, std::errc::protocol_error);
}

TEST(Worker, LeavesAnotherCodecToAnotherWorker) {
    const Clip& clip = gop_clip();
    Player player(clip, {.threads = 1});
    daedalus_picture_layout layout = {};
    layout.pixelformat = V4L2_PIX_FMT_NV12;
    layout.width = layout.height = layout.bytesperline = 64;
    layout.planes = 1;
    layout.sizeimage[0] = 64 * 96;
    ASSERT_TRUE(player.kernel().send_format(DAEDALUS_CODEC_VP9, 64, 64, layout, 1 << 20));
    EXPECT_FALSE(player.kernel().next_answer());
    const auto end = player.finish();
    ASSERT_TRUE(end);
    EXPECT_EQ(*end, worker::End::codec_changed);
}

} // namespace
} // namespace daedalus::test
