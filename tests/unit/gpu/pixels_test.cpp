// SPDX-License-Identifier: BSD-2-Clause
// Bit for bit what libyuv writes, and no byte beside.
#include "gpu/fixture.h"

#include "pixels/picture_writer.h"
#include "util/log.h"

#include <algorithm>
#include <string>

namespace daedalus::test {
namespace {

std::string describe(const Shape& shape) {
    return util::format("%ux%u %s, padding %u, lines of %u, off by %u", shape.width, shape.height,
                        shape.wide ? "P010" : "NV12", shape.padding, shape.stride_alignment, shape.shift);
}

/// How the GPU gets at pictures and buffers.
enum class Way {
    shared, ///< both where they are
    staged, ///< both copied
};

class Pixels : public GpuTest, public testing::WithParamInterface<Way> {
  protected:
    void expect_the_same(const Shape& shape) {
        SCOPED_TRACE(describe(shape));
        std::size_t bytes = 0;
        const pixels::BufferLayout layout = layout_for(shape, &bytes);
        const Pages wanted(bytes), written(bytes);
        std::uint8_t* block = nullptr;
        std::shared_ptr<gpu::SourceBlocks> blocks;
        if (GetParam() == Way::shared) {
            auto made = converter_->make_blocks({.bytes = Noise::bytes(shape), .count = 1});
            ASSERT_TRUE(made) << made.error().message;
            blocks = *made;
            block = blocks->take(Noise::bytes(shape));
            ASSERT_TRUE(block);
        } else {
            device_->changeable_sharing().host = false;
        }
        const Noise noise(shape, block ? std::span(block, Noise::bytes(shape)) : std::span<std::uint8_t>());
        ASSERT_TRUE(pixels::write_picture(noise.picture(), layout, {wanted.bytes().first(bytes)}));

        ASSERT_TRUE(gpu::Converter::suits(noise.picture(), layout));
        const auto target = converter_->make_target(written.bytes().first(bytes), util::UniqueFd());
        ASSERT_TRUE(target) << target.error().message;
        EXPECT_EQ((*target)->staged(), GetParam() == Way::staged);
        const auto done = converter_->write(noise.picture(), layout, written.bytes().first(bytes), **target);
        ASSERT_TRUE(done) << done.error().message;
        EXPECT_TRUE(*done);
        const auto [one, other] = std::ranges::mismatch(wanted.bytes(), written.bytes());
        EXPECT_TRUE(one == wanted.bytes().end())
            << "byte " << one - wanted.bytes().begin() << " is " << int{*other} << " and not " << int{*one};
    }
};

TEST_P(Pixels, OfEverySmallSize) {
    for (const bool wide : {false, true})
        for (std::uint32_t width = 1; width <= 9; width++)
            for (std::uint32_t height = 1; height <= 5; height++)
                expect_the_same({.width = width, .height = height, .wide = wide});
}

TEST_P(Pixels, OfSizesAndLineLengths) {
    for (const bool wide : {false, true})
        for (const std::uint32_t width : {16U, 17U, 63U, 130U, 175U})
            for (const std::uint32_t height : {1U, 2U, 16U, 33U})
                for (const std::uint32_t padding : {0U, 2U, 6U, 64U})
                    expect_the_same({.width = width, .height = height, .wide = wide, .padding = padding});
}

TEST_P(Pixels, FromPlanesThatBeginAnywhere) {
    for (const bool wide : {false, true})
        for (const std::uint32_t shift : {0U, 2U, 4U})
            for (const std::uint32_t alignment : {2U, 4U})
                for (const std::uint32_t width : {5U, 16U, 46U})
                    expect_the_same({.width = width,
                                     .height = 7,
                                     .wide = wide,
                                     .padding = 4,
                                     .stride_alignment = alignment,
                                     .shift = shift});
    expect_the_same({.width = 33, .height = 9, .padding = 1, .stride_alignment = 1, .shift = 3});
}

TEST_P(Pixels, OfFilms) {
    for (const bool wide : {false, true}) {
        expect_the_same({.width = 1920, .height = 1088, .wide = wide});
        expect_the_same({.width = 1919, .height = 1079, .wide = wide, .padding = 130});
        expect_the_same({.width = 4096, .height = 2176, .wide = wide});
    }
}

INSTANTIATE_TEST_SUITE_P(Gpu, Pixels, testing::Values(Way::shared, Way::staged),
                         [](const testing::TestParamInfo<Way>& info) {
                             return info.param == Way::shared ? "Shared" : "Staged";
                         });

class Parts : public GpuTest {};

// A client may ask for a buffer of what is shown, or of more than is coded.
TEST_F(Parts, AreWrittenAsFarAsBothGo) {
    for (const bool wide : {false, true})
        for (const auto& [width, height] : {std::pair{90U, 50U}, {96U, 64U}, {101U, 71U}, {81U, 49U}}) {
            const Noise noise({.width = 96, .height = 64, .wide = wide});
            std::size_t bytes = 0;
            const pixels::BufferLayout layout =
                layout_for({.width = width, .height = height, .wide = wide}, &bytes);
            const Pages wanted(bytes), written(bytes);
            ASSERT_TRUE(pixels::write_picture(noise.picture(), layout, {wanted.bytes()}));
            const auto target = converter_->make_target(written.bytes(), util::UniqueFd());
            ASSERT_TRUE(target) << target.error().message;
            ASSERT_TRUE(converter_->write(noise.picture(), layout, written.bytes(), **target));
            EXPECT_TRUE(std::ranges::equal(wanted.bytes(), written.bytes())) << width << 'x' << height;
        }
}

// Grey ones, single fields, planar buffers and what does not fit are few, and the CPU's.
TEST_F(Parts, OfOtherKindsAreNotTaken) {
    std::size_t bytes = 0;
    const pixels::BufferLayout layout = layout_for({.width = 64, .height = 32}, &bytes);
    decoder::Picture picture = Noise({.width = 64, .height = 32}).picture();
    EXPECT_TRUE(gpu::Converter::suits(picture, layout));
    picture.format = decoder::SampleFormat::grey_8;
    EXPECT_FALSE(gpu::Converter::suits(picture, layout));
    picture.format = decoder::SampleFormat::yuv420_10;
    EXPECT_FALSE(gpu::Converter::suits(picture, layout));
    picture.format = decoder::SampleFormat::yuv420_8;
    picture.field = decoder::Field::top;
    EXPECT_FALSE(gpu::Converter::suits(picture, layout));
    picture.field = decoder::Field::both;
    picture.height = 48;
    EXPECT_FALSE(gpu::Converter::suits(picture, layout));
    picture.height = 32;
    pixels::BufferLayout planar = layout;
    planar.arrangement = pixels::Arrangement::planar;
    EXPECT_FALSE(gpu::Converter::suits(picture, planar));
}

} // namespace
} // namespace daedalus::test
