// SPDX-License-Identifier: BSD-2-Clause
// Where the samples of a client's CAPTURE buffer are, checked against how much memory there is.
#pragma once

#include "daedalus/protocol.h"
#include "util/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::pixels {

/// The arrangements of samples that a CAPTURE buffer can have; all are 4:2:0.
enum class Arrangement {
    nv12,   ///< 8 bit, U and V interleaved
    p010,   ///< 10 bit in the upper bits of 16, U and V interleaved
    planar, ///< 8 bit, Y, U and V apart: YU12 in one memory plane, YUV420M in three
};

/// The memory planes of a buffer, as they are mapped.
using MemoryPlanes = std::array<std::span<std::uint8_t>, DAEDALUS_MAX_PLANES>;

/// One plane of samples.
struct SamplePlane {
    std::uint32_t memory = 0;   ///< index of the memory plane
    std::size_t offset = 0;     ///< of its first sample there
    std::size_t stride = 0;     ///< bytes from line to line
    std::size_t line_bytes = 0; ///< that samples fill
    std::uint32_t lines = 0;

    /// Bytes of the memory plane up to the end of the last sample.
    [[nodiscard]] std::size_t end() const { return offset + (std::size_t{lines} - 1) * stride + line_bytes; }
};

/// A layout that holds together: every sample lies inside the sizeimage of its memory plane.
struct BufferLayout {
    Arrangement arrangement = Arrangement::nv12;
    std::uint32_t width = 0;  ///< luma samples
    std::uint32_t height = 0; ///< luma lines
    std::uint32_t memory_planes = 1;
    std::uint32_t sample_planes = 2;
    std::array<SamplePlane, 3> planes = {};

    /// EINVAL: a pixel format that is not written here, or lines or planes that do not fit.
    static util::Result<BufferLayout> from(const daedalus_picture_layout& layout);

    /// Whether all samples lie inside `memory`.
    [[nodiscard]] bool fits(const MemoryPlanes& memory) const;
};

} // namespace daedalus::pixels
