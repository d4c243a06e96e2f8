// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/self_check.h"

#include "pixels/picture_writer.h"

#include <linux/videodev2.h>

#include <vector>

namespace daedalus::gpu {
namespace {

constexpr std::uint32_t width = 70;
constexpr std::uint32_t height = 6;

/// A picture of numbers that are all different for a while.
struct Sample {
    explicit Sample(bool wide) {
        const std::size_t bytes = wide ? 2 : 1;
        picture.format = wide ? decoder::SampleFormat::yuv420_10 : decoder::SampleFormat::yuv420_8;
        picture.width = width;
        picture.height = height;
        std::uint32_t next = 1;
        for (std::size_t plane = 0; plane < 3; plane++) {
            const std::size_t stride = 128 * bytes;
            memory[plane].resize(stride * height);
            for (std::size_t i = 0; i < memory[plane].size(); i++) {
                next = (next * 1103515245U) + 12345U;
                // The upper halves of samples of 10 bits have two of them.
                memory[plane][i] = static_cast<std::uint8_t>(next >> 16 & (wide && i % 2 == 1 ? 3U : 255U));
            }
            picture.planes[plane] = memory[plane].data();
            picture.strides[plane] = static_cast<std::ptrdiff_t>(stride);
        }
    }

    decoder::Picture picture;
    std::array<std::vector<std::uint8_t>, 3> memory;
};

util::Result<pixels::BufferLayout> layout_of(bool wide, std::uint32_t line) {
    daedalus_picture_layout layout = {};
    layout.pixelformat = wide ? V4L2_PIX_FMT_P010 : V4L2_PIX_FMT_NV12;
    layout.width = width;
    layout.height = height;
    layout.bytesperline = line;
    layout.planes = 1;
    layout.sizeimage[0] = line * height * 3 / 2;
    return pixels::BufferLayout::from(layout);
}

util::Result<void> check(Converter& converter, bool wide, std::uint32_t line) {
    const auto layout = layout_of(wide, line);
    if (!layout)
        return std::unexpected(layout.error());
    const Sample sample(wide);
    const std::size_t bytes = std::size_t{line} * height * 3 / 2;
    std::vector<std::uint8_t> wanted(bytes, 0x5a), written(bytes, 0x5a);
    if (auto done = pixels::write_picture(sample.picture, *layout, {std::span(wanted)}); !done)
        return done;
    auto staged = Buffer::make(converter.device(), bytes, true);
    if (!staged)
        return std::unexpected(std::move(staged.error()));
    const Target target(std::move(*staged), true);
    const auto done = converter.write(sample.picture, *layout, written, target);
    if (!done)
        return std::unexpected(done.error());
    if (!*done || written != wanted)
        return util::fail(EIO, "the GPU " + converter.device()->info().name + " computes something else");
    return {};
}

} // namespace

util::Result<void> self_check(Converter& converter) {
    for (const bool wide : {false, true})
        for (const std::uint32_t line : {152U, 154U}) // whole words, or not
            if (auto checked = check(converter, wide, line); !checked)
                return checked;
    return {};
}

} // namespace daedalus::gpu
