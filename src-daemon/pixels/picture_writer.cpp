// SPDX-License-Identifier: BSD-2-Clause
#include "pixels/picture_writer.h"

#include "util/log.h"

#include <libyuv.h>

#include <algorithm>

namespace daedalus::pixels {
namespace {

using decoder::Picture;

// Pictures are coded in macroblocks of 16x16 samples (superblocks are padded by the decoder, not here), and a
// client may have asked for a buffer of the size that is shown.
constexpr std::uint32_t coding_padding = 15;

constexpr std::uint16_t grey_p010 = 0x8000;

/// A plane of the buffer as libyuv wants it.
struct Destination {
    std::uint8_t* data;
    int stride; ///< bytes
};

Destination destination(const BufferLayout& layout, const MemoryPlanes& memory, int plane) {
    const SamplePlane& samples = layout.planes[plane];
    return {memory[samples.memory].data() + samples.offset, static_cast<int>(samples.stride)};
}

/// 16-bit samples; strides in samples.
struct Destination16 {
    std::uint16_t* data;
    int stride;
};

Destination16 wide(const Destination& plane) {
    return {reinterpret_cast<std::uint16_t*>(plane.data), plane.stride / 2};
}

const std::uint16_t* wide(const std::uint8_t* samples) {
    return reinterpret_cast<const std::uint16_t*>(samples);
}

void fill_plane(const Destination& plane, std::size_t line_bytes, int lines, bool wide_samples) {
    for (int line = 0; line < lines; line++) {
        std::uint8_t* row = plane.data + std::ptrdiff_t{line} * plane.stride;
        if (wide_samples)
            std::fill_n(reinterpret_cast<std::uint16_t*>(row), line_bytes / 2, grey_p010);
        else
            std::fill_n(row, line_bytes, std::uint8_t{0x80});
    }
}

void fill_chroma(const BufferLayout& layout, const MemoryPlanes& memory) {
    for (std::uint32_t i = 1; i < layout.sample_planes; i++)
        fill_plane(destination(layout, memory, static_cast<int>(i)), layout.planes[i].line_bytes,
                   static_cast<int>(layout.planes[i].lines), layout.arrangement == Arrangement::p010);
}

void write_8bit(const Picture& picture, const BufferLayout& layout, const MemoryPlanes& memory, int width,
                int height) {
    const Destination y = destination(layout, memory, 0);
    const int strides[3] = {static_cast<int>(picture.strides[0]), static_cast<int>(picture.strides[1]),
                            static_cast<int>(picture.strides[2])};
    if (!has_chroma(picture.format)) {
        libyuv::CopyPlane(picture.planes[0], strides[0], y.data, y.stride, width, height);
        fill_chroma(layout, memory);
        return;
    }
    const Destination u = destination(layout, memory, 1);
    if (layout.arrangement == Arrangement::nv12) {
        libyuv::I420ToNV12(picture.planes[0], strides[0], picture.planes[1], strides[1], picture.planes[2],
                           strides[2], y.data, y.stride, u.data, u.stride, width, height);
    } else {
        const Destination v = destination(layout, memory, 2);
        libyuv::I420Copy(picture.planes[0], strides[0], picture.planes[1], strides[1], picture.planes[2],
                         strides[2], y.data, y.stride, u.data, u.stride, v.data, v.stride, width, height);
    }
}

void write_10bit(const Picture& picture, const BufferLayout& layout, const MemoryPlanes& memory, int width,
                 int height) {
    const Destination16 y = wide(destination(layout, memory, 0));
    const int luma_stride = static_cast<int>(picture.strides[0] / 2);
    if (!has_chroma(picture.format)) {
        libyuv::ConvertToMSBPlane_16(wide(picture.planes[0]), luma_stride, y.data, y.stride, width, height,
                                     10);
        fill_chroma(layout, memory);
        return;
    }
    const Destination16 uv = wide(destination(layout, memory, 1));
    libyuv::I010ToP010(wide(picture.planes[0]), luma_stride, wide(picture.planes[1]),
                       static_cast<int>(picture.strides[1] / 2), wide(picture.planes[2]),
                       static_cast<int>(picture.strides[2] / 2), y.data, y.stride, uv.data, uv.stride, width,
                       height);
}

/// Writes what both the picture and the buffer have of lines and columns.
void write_samples(const Picture& picture, const BufferLayout& layout, const MemoryPlanes& memory) {
    const auto width = static_cast<int>(std::min(picture.width, layout.width));
    const auto height = static_cast<int>(std::min(picture.height, layout.height));
    if (bytes_per_sample(picture.format) == 2)
        write_10bit(picture, layout, memory, width, height);
    else
        write_8bit(picture, layout, memory, width, height);
}

/// Every second line of the picture, from line `parity` on, as a picture.
Picture lines_of(const Picture& picture, unsigned parity) {
    Picture field = picture;
    field.height = (picture.height + 1 - parity) / 2;
    for (std::size_t i = 0; i < field.planes.size(); i++) {
        if (field.planes[i])
            field.planes[i] += parity * picture.strides[i];
        field.strides[i] *= 2;
    }
    return field;
}

BufferLayout lines_of(const BufferLayout& layout, unsigned parity) {
    BufferLayout field = layout;
    field.height = (layout.height + 1 - parity) / 2;
    for (SamplePlane& plane : field.planes) {
        plane.offset += parity * plane.stride;
        plane.stride *= 2;
        plane.lines = (plane.lines + 1 - parity) / 2;
    }
    return field;
}

std::unexpected<util::Error> too_little_memory() {
    return util::fail(EINVAL, "the CAPTURE buffer has less memory than its format needs");
}

} // namespace

bool is_in_place(const Picture& picture, const BufferLayout& layout, const MemoryPlanes& memory) {
    if (layout.arrangement != Arrangement::planar || !layout.fits(memory))
        return false;
    for (int plane = 0; plane < 3; plane++) {
        const Destination own = destination(layout, memory, plane);
        if (picture.planes[plane] != own.data || picture.strides[plane] != own.stride)
            return false;
    }
    return true;
}

util::Result<void> write_picture(const Picture& picture, const BufferLayout& layout,
                                 const MemoryPlanes& memory) {
    if (!layout.fits(memory))
        return too_little_memory();
    const bool wide_samples = bytes_per_sample(picture.format) == 2;
    if (wide_samples != (layout.arrangement == Arrangement::p010))
        return util::fail(EINVAL, util::format("a picture of %d bits does not go into this CAPTURE format",
                                               wide_samples ? 10 : 8));
    // Interlaced pictures are coded in pairs of macroblocks; only then have both fields the same chroma
    // lines.
    const bool fields = picture.height % 4 == 0 && layout.height % 4 == 0;
    if (picture.field != decoder::Field::both && fields) {
        const Picture field = lines_of(picture, picture.field == decoder::Field::top ? 0 : 1);
        for (const unsigned parity : {0U, 1U})
            write_samples(field, lines_of(layout, parity), memory);
    } else if (!is_in_place(picture, layout, memory)) {
        write_samples(picture, layout, memory);
    }
    if (picture.width > layout.width + coding_padding || picture.height > layout.height + coding_padding)
        return util::fail(EINVAL,
                          util::format("a picture of %ux%u does not fit into a CAPTURE buffer of %ux%u",
                                       picture.width, picture.height, layout.width, layout.height));
    return {};
}

util::Result<void> write_grey(const BufferLayout& layout, const MemoryPlanes& memory) {
    if (!layout.fits(memory))
        return too_little_memory();
    fill_plane(destination(layout, memory, 0), layout.planes[0].line_bytes,
               static_cast<int>(layout.planes[0].lines), layout.arrangement == Arrangement::p010);
    fill_chroma(layout, memory);
    return {};
}

} // namespace daedalus::pixels
