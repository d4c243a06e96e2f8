// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/stream_units.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace daedalus::bitstream {
namespace {

bool holds(daedalus_codec codec, std::initializer_list<int> bytes) {
    std::vector<std::byte> piece;
    for (const int byte : bytes)
        piece.push_back(static_cast<std::byte>(byte));
    return examine(codec, piece).picture;
}

TEST(HoldsPicture, H264ParameterSetsAndMessagesDoNot) {
    EXPECT_FALSE(holds(DAEDALUS_CODEC_H264, {0, 0, 0, 1, 0x67, 0x42}));          // SPS
    EXPECT_FALSE(holds(DAEDALUS_CODEC_H264, {0, 0, 1, 0x68, 0xce, 0, 0, 1, 9})); // PPS, AUD
    EXPECT_FALSE(holds(DAEDALUS_CODEC_H264, {0, 0, 1, 6, 5, 1}));                // SEI
}

TEST(HoldsPicture, H264SlicesDoWhereverTheyAre) {
    EXPECT_TRUE(holds(DAEDALUS_CODEC_H264, {0, 0, 1, 0x65, 0x88}));
    EXPECT_TRUE(holds(DAEDALUS_CODEC_H264, {0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x41}));
}

TEST(HoldsPicture, Mpeg2NeedsAPictureHeader) {
    EXPECT_FALSE(holds(DAEDALUS_CODEC_MPEG2, {0, 0, 1, 0xb3, 0x16, 0, 0, 1, 0xb5})); // sequence, extension
    EXPECT_TRUE(holds(DAEDALUS_CODEC_MPEG2, {0, 0, 1, 0xb3, 0x16, 0, 0, 1, 0x00}));
}

TEST(HoldsPicture, Mpeg4NeedsAVideoObjectPlane) {
    EXPECT_FALSE(holds(DAEDALUS_CODEC_MPEG4, {0, 0, 1, 0xb0, 0xf5, 0, 0, 1, 0x20, 0x00})); // sequence, layer
    EXPECT_TRUE(holds(DAEDALUS_CODEC_MPEG4, {0, 0, 1, 0x20, 0x00, 0, 0, 1, 0xb6, 0x10}));
}

TEST(HoldsPicture, Mpeg4WithAShortHeaderIsAPicture) {
    EXPECT_TRUE(holds(DAEDALUS_CODEC_MPEG4, {0, 0, 0x82, 0x02}));
    EXPECT_FALSE(holds(DAEDALUS_CODEC_MPEG4, {0, 0, 0x42, 0x02}));
    EXPECT_FALSE(holds(DAEDALUS_CODEC_MPEG4, {0, 0}));
}

TEST(HoldsPicture, FramesOfOtherCodecsAreWhole) {
    EXPECT_TRUE(holds(DAEDALUS_CODEC_VP9, {0x88}));
    EXPECT_TRUE(holds(DAEDALUS_CODEC_VP8, {0, 0, 0}));
    EXPECT_TRUE(holds(DAEDALUS_CODEC_H263, {0, 0, 0x80}));
}

std::vector<std::byte> make(std::initializer_list<int> bytes) {
    std::vector<std::byte> piece;
    for (const int byte : bytes)
        piece.push_back(static_cast<std::byte>(byte));
    return piece;
}

bool is_key(daedalus_codec codec, std::initializer_list<int> bytes) {
    const auto piece = make(bytes);
    const Piece found = examine(codec, piece);
    EXPECT_TRUE(found.picture);
    return found.key;
}

TEST(Examine, KnowsKeyFrames) {
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_H264, {0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 0x88}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_H264, {0, 0, 1, 0x41, 0x88}));
    // temporal_reference 3, then I or P
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_MPEG2, {0, 0, 1, 0x00, 0x00, 0xc8}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_MPEG2, {0, 0, 1, 0x00, 0x00, 0xd0}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_MPEG2, {0, 0, 1, 0x01, 0x00, 0xc8})) << "a slice";
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_MPEG4, {0, 0, 1, 0xb6, 0x10}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_MPEG4, {0, 0, 1, 0xb6, 0x50}));
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_VP8, {0x10, 0, 0}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_VP8, {0x11, 0, 0}));
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_VP9, {0x82, 0x49}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_VP9, {0x86, 0x00}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_VP9, {0x88})) << "shows a frame again";
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_AV1, {0x12, 0x00, 0x0a, 0x01, 0x00, 0x32, 0x00}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_AV1, {0x12, 0x00, 0x32, 0x01, 0x30}));
}

TEST(Examine, KnowsKeyFramesOfH263) {
    // PSC, TR 0, PTYPE: 10, three bits, QCIF, INTRA or INTER
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x08}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x0a}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_MPEG4, {0, 0, 0x80, 0x02, 0x0a}));
    // PLUSPTYPE without its optional part, and with one of custom format
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x1c, 0x08}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x1c, 0x20}));
    EXPECT_TRUE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x1c, 0xb0, 0x00, 0x02}));
    EXPECT_FALSE(is_key(DAEDALUS_CODEC_H263, {0, 0, 0x80, 0x02, 0x1c, 0xb0, 0x00, 0x06}));
}

TEST(Examine, FindsParameterSetsWithTheirStartCodes) {
    const auto h264 =
        make({0, 0, 1, 9, 0xf0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4, 0, 0, 1, 0x67, 5});
    const Piece found = examine(DAEDALUS_CODEC_H264, h264);
    ASSERT_EQ(found.parameter_sets.size(), 2U) << "and none behind the picture";
    EXPECT_EQ(found.parameter_sets[0].data(), h264.data() + 5);
    EXPECT_EQ(found.parameter_sets[0].size(), 6U);
    EXPECT_EQ(found.parameter_sets[1].size(), 5U);
    const auto mpeg4 =
        make({0, 0, 1, 0xb0, 1, 0, 0, 1, 0xb5, 2, 0, 0, 1, 0x00, 0, 0, 1, 0x20, 3, 0, 0, 1, 0xb2, 4});
    EXPECT_EQ(examine(DAEDALUS_CODEC_MPEG4, mpeg4).parameter_sets.size(), 4U) << "user data is none";
    EXPECT_FALSE(examine(DAEDALUS_CODEC_MPEG4, mpeg4).picture);
}

TEST(Examine, ReadsNothingBehindTheEnd) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        for (const auto& whole : {make({0, 0, 1, 0x00, 0x00, 0xc8}), make({0, 0, 0x80, 0x02, 0x1c, 0xb0}),
                                  make({0x12, 0x00, 0x0e, 0xff, 0xff, 0xff, 0xff})})
            for (std::size_t size = 0; size <= whole.size(); size++) {
                const std::vector<std::byte> part(whole.begin(),
                                                  whole.begin() + static_cast<std::ptrdiff_t>(size));
                (void)examine(static_cast<daedalus_codec>(codec), part);
            }
}

TEST(HoldsPicture, NothingHoldsNothing) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        EXPECT_FALSE(holds(static_cast<daedalus_codec>(codec), {})) << codec;
    EXPECT_FALSE(holds(DAEDALUS_CODEC_H264, {0, 0, 1}));
}

} // namespace
} // namespace daedalus::bitstream
