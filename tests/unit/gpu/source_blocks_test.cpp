// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/fixture.h"

#include "decoder/frame_pool.h"

#include <set>

namespace daedalus::test {
namespace {

TEST(BlockPlan, HasRoomForReferencesAndKeepsALimit) {
    const gpu::BlockPlan film = gpu::plan_blocks(1920, 1088, 1);
    EXPECT_EQ(film.count, 20U);
    EXPECT_GE(film.bytes, 1920U * 1088 * 3 / 2);
    EXPECT_LE(film.bytes * film.count, 128U << 20);
    const gpu::BlockPlan large = gpu::plan_blocks(8192, 8192, 2);
    EXPECT_LE(large.bytes * large.count, 128U << 20);
    EXPECT_EQ(gpu::plan_blocks(0, 1080, 1).count, 0U);
}

class Blocks : public GpuTest {};

TEST_F(Blocks, GoRound) {
    auto made = converter_->make_blocks({.bytes = 10000, .count = 2});
    ASSERT_TRUE(made) << made.error().message;
    gpu::SourceBlocks& blocks = **made;
    EXPECT_EQ(blocks.take(20000), nullptr) << "larger";
    std::uint8_t* const first = blocks.take(10000);
    std::uint8_t* const second = blocks.take(5000);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first, second);
    EXPECT_EQ(blocks.take(1), nullptr) << "all in use";
    EXPECT_TRUE(blocks.find(first + 9999));
    EXPECT_NE(blocks.find(first), blocks.find(second));
    std::uint8_t other = 0;
    EXPECT_FALSE(blocks.find(&other));
    EXPECT_FALSE(blocks.give_back(&other));
    EXPECT_TRUE(blocks.give_back(first));
    EXPECT_EQ(blocks.take(10000), first);
}

TEST_F(Blocks, AreWherePicturesGoFirst) {
    constexpr decoder::FrameShape shape{.width = 64, .height = 64};
    auto blocks = converter_->make_blocks({.bytes = 16384, .count = 2});
    ASSERT_TRUE(blocks) << blocks.error().message;
    decoder::FramePool pool(1 << 20, *blocks);
    std::vector<std::shared_ptr<decoder::FrameMemory>> frames;
    for (int i = 0; i < 3; i++) {
        frames.push_back(pool.take(shape).value());
        EXPECT_EQ((*blocks)->find(frames.back()->base) != nullptr, i < 2) << "then plain memory";
        EXPECT_EQ(frames.back()->planes[0][0], 0x80) << "grey as any";
    }
    frames.clear();
    // Of another shape: what was idle goes back, to its own place each.
    const auto other = pool.take({.width = 32, .height = 32});
    ASSERT_TRUE(other);
    EXPECT_TRUE((*blocks)->find((*other)->base));
}

} // namespace
} // namespace daedalus::test
