// SPDX-License-Identifier: BSD-2-Clause
// Every sample of every arrangement against the plain definition, at sizes and line lengths that SIMD code
// trips over.
#include "pixels/picture_writer.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <cstring>
#include <random>
#include <vector>

namespace daedalus::pixels {
namespace {

using decoder::Picture;
using decoder::SampleFormat;

constexpr std::uint8_t untouched = 0x5a;

/// A picture of noise, and its samples one by one.
class Source {
  public:
    Source(SampleFormat format, std::uint32_t width, std::uint32_t height) {
        picture.format = format;
        picture.width = width;
        picture.height = height;
        const std::size_t sample = bytes_per_sample(format);
        std::mt19937 random(width * 1000 + height);
        for (int plane = 0; plane < (has_chroma(format) ? 3 : 1); plane++) {
            const std::size_t w = plane == 0 ? width : (width + 1) / 2,
                              h = plane == 0 ? height : (height + 1) / 2;
            const std::size_t stride = (w * sample + 63) / 64 * 64;
            memory_[plane].resize(stride * h + 64);
            for (std::size_t i = 0; i < memory_[plane].size(); i++)
                memory_[plane][i] =
                    static_cast<std::uint8_t>(sample == 2 && i % 2 == 1 ? random() % 4 : random());
            picture.planes[plane] = memory_[plane].data();
            picture.strides[plane] = static_cast<std::ptrdiff_t>(stride);
        }
    }

    [[nodiscard]] unsigned sample(int plane, std::size_t x, std::size_t y) const {
        if (!picture.planes[plane])
            return bytes_per_sample(picture.format) == 2 ? 512 : 128;
        const std::uint8_t* line =
            picture.planes[plane] + static_cast<std::ptrdiff_t>(y) * picture.strides[plane];
        return bytes_per_sample(picture.format) == 2 ? line[2 * x] + 256U * line[2 * x + 1] : line[x];
    }

    Picture picture;

  private:
    std::array<std::vector<std::uint8_t>, 3> memory_;
};

/// A client's buffer with a marked byte everywhere, and more of them behind its end.
class Target {
  public:
    Target(std::uint32_t pixelformat, std::uint32_t width, std::uint32_t height, std::uint32_t padding) {
        daedalus_picture_layout raw = {};
        raw.pixelformat = pixelformat;
        raw.width = width;
        raw.height = height;
        raw.bytesperline = (width + 1) / 2 * 2 * (pixelformat == V4L2_PIX_FMT_P010 ? 2 : 1) + padding;
        raw.planes = pixelformat == V4L2_PIX_FMT_YUV420M ? 3 : 1;
        const std::uint32_t chroma_lines = (height + 1) / 2;
        raw.sizeimage[0] = raw.bytesperline * (raw.planes == 3 ? height : height + chroma_lines);
        if (raw.planes == 3)
            raw.sizeimage[1] = raw.sizeimage[2] = raw.bytesperline / 2 * chroma_lines;
        const auto made = BufferLayout::from(raw);
        EXPECT_TRUE(made) << made.error().message;
        layout = *made;
        for (std::size_t i = 0; i < raw.planes; i++) {
            bytes_[i].assign(raw.sizeimage[i] + 256, untouched);
            memory[i] = std::span(bytes_[i]).first(raw.sizeimage[i]);
        }
    }

    [[nodiscard]] unsigned sample(int plane, std::size_t x, std::size_t y) const {
        const bool planar = layout.arrangement == Arrangement::planar;
        const SamplePlane& where = layout.planes[planar ? plane : std::min(plane, 1)];
        const std::uint8_t* line = bytes_[where.memory].data() + where.offset + y * where.stride;
        const std::size_t column = planar || plane == 0 ? x : 2 * x + static_cast<std::size_t>(plane) - 1;
        if (layout.arrangement != Arrangement::p010)
            return line[column];
        return (line[2 * column] + 256U * line[2 * column + 1]) >> 6;
    }

    void expect_nothing_behind() const {
        for (std::size_t i = 0; i < layout.memory_planes; i++)
            for (std::size_t j = memory[i].size(); j < bytes_[i].size(); j++)
                ASSERT_EQ(bytes_[i][j], untouched);
    }

    BufferLayout layout;
    MemoryPlanes memory;

  private:
    std::array<std::vector<std::uint8_t>, 3> bytes_;
};

void expect_written(const Source& source, const Target& target, std::uint32_t width, std::uint32_t height) {
    for (int plane = 0; plane < 3; plane++) {
        const std::size_t w = plane == 0 ? width : (width + 1) / 2,
                          h = plane == 0 ? height : (height + 1) / 2;
        for (std::size_t y = 0; y < h; y++)
            for (std::size_t x = 0; x < w; x++)
                ASSERT_EQ(target.sample(plane, x, y), source.sample(plane, x, y))
                    << "plane " << plane << " at " << x << ',' << y << " of " << width << 'x' << height;
    }
    target.expect_nothing_behind();
}

struct Case {
    SampleFormat format;
    std::uint32_t pixelformat;
};

class PictureWriter : public testing::TestWithParam<Case> {};

TEST_P(PictureWriter, WritesEverySample) {
    for (const std::uint32_t width : {1U, 2U, 3U, 15U, 16U, 17U, 64U, 129U, 175U})
        for (const std::uint32_t height : {1U, 2U, 3U, 16U, 33U})
            for (const std::uint32_t padding : {0U, 2U, 64U}) {
                const Source source(GetParam().format, width, height);
                const Target target(GetParam().pixelformat, width, height, padding);
                const auto written = write_picture(source.picture, target.layout, target.memory);
                ASSERT_TRUE(written) << written.error().message;
                expect_written(source, target, width, height);
            }
}

TEST_P(PictureWriter, WritesWhatTheBufferHasRoomFor) {
    const Source source(GetParam().format, 96, 64);
    const Target shown(GetParam().pixelformat, 90, 50, 6);
    EXPECT_TRUE(write_picture(source.picture, shown.layout, shown.memory)) << "padding is no picture";
    expect_written(source, shown, 90, 50);
    const Target small(GetParam().pixelformat, 50, 30, 0);
    EXPECT_FALSE(write_picture(source.picture, small.layout, small.memory));
    expect_written(source, small, 50, 30);
}

TEST_P(PictureWriter, WritesTheLinesOfOneFieldTwice) {
    for (const decoder::Field field : {decoder::Field::top, decoder::Field::bottom}) {
        Source source(GetParam().format, 50, 32);
        source.picture.field = field;
        const Target target(GetParam().pixelformat, 48, 32, 16);
        ASSERT_TRUE(write_picture(source.picture, target.layout, target.memory));
        const std::size_t parity = field == decoder::Field::top ? 0 : 1;
        for (int plane = 0; plane < 3; plane++)
            for (std::size_t y = 0; y < (plane == 0 ? 32U : 16U); y++)
                for (std::size_t x = 0; x < (plane == 0 ? 48U : 24U); x++)
                    ASSERT_EQ(target.sample(plane, x, y), source.sample(plane, x, y / 2 * 2 + parity))
                        << "plane " << plane << " at " << x << ',' << y;
        target.expect_nothing_behind();
    }
}

// Fields of unequal numbers of chroma lines are no fields of a coded picture.
TEST_P(PictureWriter, StaysInsideWhateverAFieldSays) {
    for (std::uint32_t height = 1; height < 40; height++) {
        Source source(GetParam().format, 20, height);
        source.picture.field = decoder::Field::bottom;
        for (const std::uint32_t lines : {height, height + 2}) {
            const Target target(GetParam().pixelformat, 20, lines, 0);
            (void)write_picture(source.picture, target.layout, target.memory);
            target.expect_nothing_behind();
        }
    }
}

TEST_P(PictureWriter, RefusesTooLittleMemory) {
    const Source source(GetParam().format, 96, 64);
    const Target target(GetParam().pixelformat, 96, 64, 0);
    MemoryPlanes memory = target.memory;
    memory[0] = memory[0].first(memory[0].size() / 2);
    EXPECT_FALSE(write_picture(source.picture, target.layout, memory));
    EXPECT_FALSE(write_grey(target.layout, memory));
    EXPECT_EQ(target.memory[0][0], untouched);
}

INSTANTIATE_TEST_SUITE_P(Formats, PictureWriter,
                         testing::Values(Case{SampleFormat::yuv420_8, V4L2_PIX_FMT_NV12},
                                         Case{SampleFormat::yuv420_8, V4L2_PIX_FMT_YUV420},
                                         Case{SampleFormat::yuv420_8, V4L2_PIX_FMT_YUV420M},
                                         Case{SampleFormat::grey_8, V4L2_PIX_FMT_NV12},
                                         Case{SampleFormat::grey_8, V4L2_PIX_FMT_YUV420},
                                         Case{SampleFormat::yuv420_10, V4L2_PIX_FMT_P010},
                                         Case{SampleFormat::grey_10, V4L2_PIX_FMT_P010}));

TEST(PicturesInPlace, AreLeftAlone) {
    const Target target(V4L2_PIX_FMT_YUV420, 64, 32, 64);
    Picture picture;
    picture.width = 64;
    picture.height = 32;
    for (int plane = 0; plane < 3; plane++) {
        const SamplePlane& samples = target.layout.planes[plane];
        picture.planes[plane] = target.memory[0].data() + samples.offset;
        picture.strides[plane] = static_cast<std::ptrdiff_t>(samples.stride);
    }
    EXPECT_TRUE(is_in_place(picture, target.layout, target.memory));
    ASSERT_TRUE(write_picture(picture, target.layout, target.memory));
    EXPECT_EQ(target.memory[0][0], untouched);
    Picture elsewhere = picture;
    elsewhere.planes[1]++;
    EXPECT_FALSE(is_in_place(elsewhere, target.layout, target.memory));
    const Target interleaved(V4L2_PIX_FMT_NV12, 64, 32, 0);
    EXPECT_FALSE(is_in_place(picture, interleaved.layout, interleaved.memory));
}

TEST(PictureWriterDepths, MustAgree) {
    const Source source(SampleFormat::yuv420_10, 32, 32);
    const Target target(V4L2_PIX_FMT_NV12, 32, 32, 0);
    EXPECT_FALSE(write_picture(source.picture, target.layout, target.memory));
}

TEST(WriteGrey, FillsEverySample) {
    for (const std::uint32_t format : {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUV420M}) {
        const Target target(format, 33, 17, 10);
        ASSERT_TRUE(write_grey(target.layout, target.memory));
        for (int plane = 0; plane < 3; plane++)
            EXPECT_EQ(target.sample(plane, 16 >> (plane ? 1 : 0), 16 >> (plane ? 1 : 0)), 128U);
        target.expect_nothing_behind();
    }
    const Target wide(V4L2_PIX_FMT_P010, 33, 17, 10);
    ASSERT_TRUE(write_grey(wide.layout, wide.memory));
    EXPECT_EQ(wide.sample(0, 32, 16), 512U);
    EXPECT_EQ(wide.sample(2, 16, 8), 512U);
}

} // namespace
} // namespace daedalus::pixels
