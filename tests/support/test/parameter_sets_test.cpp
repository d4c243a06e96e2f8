// SPDX-License-Identifier: BSD-2-Clause
#include "support/h264/parameter_sets.h"

#include <gtest/gtest.h>

namespace daedalus::test::h264 {
namespace {

// x264 --preset medium of a 1920x1080 clip: profile 100, level 4.0, cropped from 1088 lines.
const std::vector<uint8_t> sps_1080 = {0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0x80};

TEST(Sps, OfACroppedStream) {
    const std::optional<Sps> sps = parse_sps(sps_1080);
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->control.profile_idc, 100);
    EXPECT_EQ(sps->control.level_idc, 40);
    EXPECT_EQ(sps->coded_width(), 1920U);
    EXPECT_EQ(sps->coded_height(), 1088U);
    EXPECT_EQ(crop_rectangle(*sps), (CropRectangle{.left = 0, .top = 0, .width = 1920, .height = 1080}));
    EXPECT_TRUE(sps->frame_mbs_only());
}

TEST(Sps, IsRefusedWhenCutShort) {
    for (size_t size = 0; size < 9; size++)
        EXPECT_FALSE(parse_sps(std::span(sps_1080).first(size))) << size;
}

TEST(Sps, CropOfMoreThanTheFrameIsIgnored) {
    Sps sps = *parse_sps(sps_1080);
    sps.crop_left = 4000;
    EXPECT_EQ(crop_rectangle(sps).width, 1920U);
}

TEST(ScalingLists, RasterOrder) {
    ScalingLists lists = flat_scaling_lists();
    for (uint8_t i = 0; i < 16; i++)
        lists.lists4x4[0][i] = static_cast<uint8_t>(i + 1);
    const v4l2_ctrl_h264_scaling_matrix matrix = to_scaling_matrix(lists, 2);
    const std::array<uint8_t, 16> raster = {1, 2, 6, 7, 3, 5, 8, 13, 4, 9, 12, 14, 10, 11, 15, 16};
    for (size_t i = 0; i < raster.size(); i++)
        EXPECT_EQ(matrix.scaling_list_4x4[0][i], raster[i]) << i;
    EXPECT_EQ(matrix.scaling_list_8x8[1][63], 16);
    EXPECT_EQ(matrix.scaling_list_8x8[2][0], 0);
}

TEST(ScalingLists, FallBack) {
    // No list is coded: the defaults by rule A, the SPS's by rule B.
    const std::vector<uint8_t> nothing = {0x00, 0x80};
    BitReader reader_a(nothing);
    const ScalingLists defaults = read_scaling_lists(reader_a, 2, nullptr);
    EXPECT_EQ(defaults.lists4x4[2][15], 42);
    EXPECT_EQ(defaults.lists4x4[5][15], 34);
    EXPECT_EQ(defaults.lists8x8[1][63], 35);
    const ScalingLists flat = flat_scaling_lists();
    BitReader reader_b(nothing);
    EXPECT_EQ(read_scaling_lists(reader_b, 2, &flat), flat);
}

} // namespace
} // namespace daedalus::test::h264
