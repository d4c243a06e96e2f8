// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/stream_units.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace daedalus::decoder {
namespace {

bool holds(daedalus_codec codec, std::initializer_list<int> bytes) {
    std::vector<std::byte> piece;
    for (const int byte : bytes)
        piece.push_back(static_cast<std::byte>(byte));
    return holds_picture(codec, piece);
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

TEST(HoldsPicture, FramesOfOtherCodecsAreWhole) {
    EXPECT_TRUE(holds(DAEDALUS_CODEC_VP9, {0x88}));
    EXPECT_TRUE(holds(DAEDALUS_CODEC_VP8, {0, 0, 0}));
}

TEST(HoldsPicture, NothingHoldsNothing) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        EXPECT_FALSE(holds(static_cast<daedalus_codec>(codec), {})) << codec;
    EXPECT_FALSE(holds(DAEDALUS_CODEC_H264, {0, 0, 1}));
}

} // namespace
} // namespace daedalus::decoder
