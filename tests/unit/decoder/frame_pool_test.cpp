// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/frame_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace daedalus::decoder {
namespace {

constexpr FrameShape shape{.format = SampleFormat::yuv420_8, .width = 175, .height = 143};

TEST(FramePool, AlignsAndSeparatesPlanes) {
    FramePool pool(1 << 20);
    const auto frame = pool.take(shape);
    ASSERT_TRUE(frame);
    const FrameMemory& memory = **frame;
    EXPECT_GE(memory.strides[0], 175);
    EXPECT_GE(memory.strides[1], 88);
    for (int plane = 0; plane < 3; plane++) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.planes[plane]) % 64, 0U);
        EXPECT_EQ(memory.strides[plane] % 64, 0);
    }
    EXPECT_GE(memory.planes[1], memory.planes[0] + memory.strides[0] * 143);
    EXPECT_GE(memory.planes[2], memory.planes[1] + memory.strides[1] * 72);
    EXPECT_GE(memory.base + memory.size, memory.planes[2] + memory.strides[2] * 72);
}

TEST(FramePool, UsesMemoryAgain) {
    FramePool pool(1 << 20);
    std::set<std::uint8_t*> seen;
    for (int round = 0; round < 100; round++) {
        const auto first = pool.take(shape), second = pool.take(shape);
        ASSERT_TRUE(first && second);
        EXPECT_NE((*first)->base, (*second)->base);
        seen.insert({(*first)->base, (*second)->base});
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST(FramePool, TakesTheLineLengthsThatAreAskedFor) {
    FramePool pool(1 << 20);
    FrameShape wide = shape;
    wide.strides = {256, 128};
    const auto frame = pool.take(wide);
    ASSERT_TRUE(frame);
    EXPECT_EQ((*frame)->strides[0], 256);
    EXPECT_EQ((*frame)->strides[1], 128);
    EXPECT_EQ((*frame)->strides[2], 128);
    for (const std::array<std::size_t, 2> impossible :
         {std::array<std::size_t, 2>{128, 128}, {256, 64}, {260, 128}}) {
        wide.strides = impossible;
        const auto refused = pool.take(wide);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
    }
}

TEST(FramePool, FreshMemoryIsGrey) {
    FramePool pool(1 << 20);
    const auto frame = pool.take(shape);
    ASSERT_TRUE(frame);
    EXPECT_EQ((*frame)->planes[0][0], 0x80);
    EXPECT_EQ((*frame)->planes[2][10], 0x80);
    const auto wide = pool.take({.format = SampleFormat::yuv420_10, .width = 16, .height = 16});
    ASSERT_TRUE(wide);
    EXPECT_EQ((*wide)->planes[1][0] + 256 * (*wide)->planes[1][1], 512);
}

TEST(FramePool, KeepsItsLimitOverShapes) {
    FramePool pool(300 << 10);
    std::vector<std::shared_ptr<FrameMemory>> frames;
    while (auto frame = pool.take(shape))
        frames.push_back(std::move(*frame));
    EXPECT_GT(frames.size(), 3U);
    const auto refused = pool.take({.format = SampleFormat::grey_8, .width = 512, .height = 256});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::not_enough_memory);
    // What comes back in the old shape makes room.
    frames.clear();
    EXPECT_TRUE(pool.take({.format = SampleFormat::grey_8, .width = 512, .height = 256}));
}

TEST(FramePool, FramesOutliveIt) {
    std::shared_ptr<FrameMemory> frame;
    {
        FramePool pool(1 << 20);
        frame = *pool.take(shape);
    }
    frame->planes[0][0] = 1;
    frame.reset();
}

} // namespace
} // namespace daedalus::decoder
