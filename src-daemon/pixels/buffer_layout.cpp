// SPDX-License-Identifier: BSD-2-Clause
#include "pixels/buffer_layout.h"

#include "util/log.h"

#include <linux/videodev2.h>

namespace daedalus::pixels {
namespace {

// Far above what is decoded, far below where products of two overflow.
constexpr std::uint32_t max_dimension = 65536;
constexpr std::uint32_t max_stride = 1U << 20;

struct Format {
    std::uint32_t pixelformat;
    Arrangement arrangement;
    std::uint32_t memory_planes;
};

constexpr std::array formats = {
    Format{V4L2_PIX_FMT_NV12, Arrangement::nv12, 1},
    Format{V4L2_PIX_FMT_P010, Arrangement::p010, 1},
    Format{V4L2_PIX_FMT_YUV420, Arrangement::planar, 1},
    Format{V4L2_PIX_FMT_YUV420M, Arrangement::planar, 3},
};

const Format* find_format(std::uint32_t pixelformat) {
    for (const Format& format : formats)
        if (format.pixelformat == pixelformat)
            return &format;
    return nullptr;
}

} // namespace

util::Result<BufferLayout> BufferLayout::from(const daedalus_picture_layout& layout) {
    const Format* format = find_format(layout.pixelformat);
    if (!format || format->memory_planes != layout.planes)
        return util::fail(EINVAL,
                          util::format("CAPTURE buffers of format 0x%08x with %u memory planes are not "
                                       "written here",
                                       layout.pixelformat, layout.planes));
    if (layout.width == 0 || layout.height == 0 || layout.width > max_dimension ||
        layout.height > max_dimension || layout.bytesperline > max_stride)
        return util::fail(EINVAL, util::format("a CAPTURE buffer of %ux%u with lines of %u bytes",
                                               layout.width, layout.height, layout.bytesperline));

    const bool planar = format->arrangement == Arrangement::planar;
    const std::size_t sample_bytes = format->arrangement == Arrangement::p010 ? 2 : 1;
    const std::size_t chroma_width = (std::size_t{layout.width} + 1) / 2;
    const std::uint32_t chroma_lines = (layout.height + 1) / 2;
    const std::size_t luma_bytes = std::size_t{layout.bytesperline} * layout.height;

    BufferLayout result{.arrangement = format->arrangement,
                        .width = layout.width,
                        .height = layout.height,
                        .memory_planes = layout.planes,
                        .sample_planes = planar ? 3U : 2U,
                        .planes = {}};
    result.planes[0] = {0, 0, layout.bytesperline, layout.width * sample_bytes, layout.height};
    if (planar) {
        const std::size_t stride = layout.bytesperline / 2;
        const bool apart = layout.planes == 3;
        result.planes[1] = {apart ? 1U : 0U, apart ? 0 : luma_bytes, stride, chroma_width, chroma_lines};
        result.planes[2] = {apart ? 2U : 0U, apart ? 0 : luma_bytes + stride * chroma_lines, stride,
                            chroma_width, chroma_lines};
    } else {
        result.planes[1] = {0, luma_bytes, layout.bytesperline, 2 * chroma_width * sample_bytes,
                            chroma_lines};
    }
    for (std::uint32_t i = 0; i < result.sample_planes; i++) {
        const SamplePlane& plane = result.planes[i];
        if (plane.line_bytes > plane.stride || plane.end() > layout.sizeimage[plane.memory] ||
            plane.stride % sample_bytes != 0)
            return util::fail(EINVAL,
                              util::format("a CAPTURE buffer of %ux%u does not fit in lines of %u and a "
                                           "size of %u bytes",
                                           layout.width, layout.height, layout.bytesperline,
                                           layout.sizeimage[plane.memory]));
    }
    return result;
}

bool BufferLayout::fits(const MemoryPlanes& memory) const {
    for (std::uint32_t i = 0; i < sample_planes; i++)
        if (planes[i].end() > memory[planes[i].memory].size())
            return false;
    return true;
}

} // namespace daedalus::pixels
