// SPDX-License-Identifier: BSD-2-Clause
#include "pixels/buffer_layout.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

namespace daedalus::pixels {
namespace {

daedalus_picture_layout nv12() {
    daedalus_picture_layout layout = {};
    layout.pixelformat = V4L2_PIX_FMT_NV12;
    layout.width = 64;
    layout.height = 32;
    layout.bytesperline = 80;
    layout.planes = 1;
    layout.sizeimage[0] = 80 * 48;
    return layout;
}

TEST(BufferLayout, FindsThePlanes) {
    const auto layout = BufferLayout::from(nv12());
    ASSERT_TRUE(layout) << layout.error().message;
    EXPECT_EQ(layout->planes[1].offset, 80U * 32);
    EXPECT_EQ(layout->planes[1].lines, 16U);

    auto planar = nv12();
    planar.pixelformat = V4L2_PIX_FMT_YUV420;
    const auto yu12 = BufferLayout::from(planar);
    ASSERT_TRUE(yu12);
    EXPECT_EQ(yu12->planes[2].offset, 80U * 32 + 40 * 16);
    EXPECT_EQ(yu12->planes[2].stride, 40U);

    planar.pixelformat = V4L2_PIX_FMT_YUV420M;
    planar.planes = 3;
    planar.sizeimage[0] = 80 * 32;
    planar.sizeimage[1] = planar.sizeimage[2] = 40 * 16;
    const auto apart = BufferLayout::from(planar);
    ASSERT_TRUE(apart);
    EXPECT_EQ(apart->planes[2].memory, 2U);
    EXPECT_EQ(apart->planes[2].offset, 0U);
}

TEST(BufferLayout, RefusesWhatDoesNotFit) {
    const auto refused = [](auto change) {
        auto layout = nv12();
        change(layout);
        return !BufferLayout::from(layout);
    };
    EXPECT_TRUE(refused([](auto& l) { l.pixelformat = V4L2_PIX_FMT_YUYV; }));
    EXPECT_TRUE(refused([](auto& l) { l.planes = 3; }));
    EXPECT_TRUE(refused([](auto& l) { l.width = 0; }));
    EXPECT_TRUE(refused([](auto& l) { l.height = 0; }));
    EXPECT_TRUE(refused([](auto& l) { l.height = 0xffffffff; }));
    EXPECT_TRUE(refused([](auto& l) { l.bytesperline = 0xffffffff; }));
    EXPECT_TRUE(refused([](auto& l) { l.bytesperline = 63; }));
    EXPECT_TRUE(refused([](auto& l) { l.height = 33; }));
    EXPECT_TRUE(refused([](auto& l) { l.pixelformat = V4L2_PIX_FMT_P010; }));
    // The last line need not be as long as the others.
    EXPECT_FALSE(refused([](auto& l) { l.sizeimage[0] -= 16; }));
    EXPECT_TRUE(refused([](auto& l) { l.sizeimage[0] -= 17; }));
}

TEST(BufferLayout, KnowsHowMuchMemoryItNeeds) {
    const auto layout = BufferLayout::from(nv12());
    ASSERT_TRUE(layout);
    std::vector<std::uint8_t> memory(80 * 48 - 16);
    EXPECT_TRUE(layout->fits({std::span(memory)}));
    EXPECT_FALSE(layout->fits({std::span(memory).first(memory.size() - 1)}));
    EXPECT_FALSE(layout->fits({}));
}

} // namespace
} // namespace daedalus::pixels
