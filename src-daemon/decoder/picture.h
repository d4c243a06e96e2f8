// SPDX-License-Identifier: BSD-2-Clause
// A decoded picture in the decoder's own memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace daedalus::decoder {

/// Planar sample formats that decoders produce. Samples of more than 8 bits are little-endian 16-bit words
/// with the value in the low bits.
enum class SampleFormat {
    yuv420_8,
    yuv420_10,
    grey_8,
    grey_10,
};

[[nodiscard]] constexpr bool has_chroma(SampleFormat format) {
    return format == SampleFormat::yuv420_8 || format == SampleFormat::yuv420_10;
}

[[nodiscard]] constexpr std::size_t bytes_per_sample(SampleFormat format) {
    return format == SampleFormat::yuv420_8 || format == SampleFormat::grey_8 ? 1 : 2;
}

/// Which lines of a picture are decoded.
enum class Field {
    both,   ///< all: a frame, or two fields
    top,    ///< lines 0, 2, 4...; the others hold nothing yet
    bottom, ///< lines 1, 3, 5...
};

/// Planes of a picture and who keeps them alive. Copying shares the memory.
struct Picture {
    SampleFormat format = SampleFormat::yuv420_8;
    std::uint32_t width = 0;                        ///< luma samples, as coded: nothing is cropped
    std::uint32_t height = 0;                       ///< luma lines
    std::array<const std::uint8_t*, 3> planes = {}; ///< Y, U, V; no U and V when grey
    std::array<std::ptrdiff_t, 3> strides = {};     ///< bytes from line to line
    Field field = Field::both;
    std::shared_ptr<const void> memory;
};

} // namespace daedalus::decoder
