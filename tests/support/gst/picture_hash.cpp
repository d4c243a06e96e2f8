// SPDX-License-Identifier: BSD-2-Clause
#include "support/gst/picture_hash.h"

#include <cstring>
#include <span>

namespace daedalus::test {
namespace {

constexpr unsigned components = 3;

/// A line of samples, `step` bytes from one to the next, into one byte each.
void copy_8_bit(const std::uint8_t* from, int step, std::span<std::uint8_t> to) {
    if (step == 1) {
        std::memcpy(to.data(), from, to.size());
        return;
    }
    for (auto& sample : to) {
        sample = *from;
        from += step;
    }
}

/// The same for samples of 16 bits that hold theirs above `shift`.
void copy_16_bit(const std::uint8_t* from, int step, unsigned shift, std::span<std::uint8_t> to) {
    for (std::size_t i = 0; i + 1 < to.size(); i += 2) {
        const auto sample = static_cast<unsigned>((from[0] | from[1] << 8) >> shift);
        to[i] = static_cast<std::uint8_t>(sample);
        to[i + 1] = static_cast<std::uint8_t>(sample >> 8);
        from += step;
    }
}

} // namespace

bool PictureHash::knows(GstVideoFormat format) {
    switch (format) {
    case GST_VIDEO_FORMAT_NV12:
    case GST_VIDEO_FORMAT_I420:
    case GST_VIDEO_FORMAT_YV12:
    case GST_VIDEO_FORMAT_P010_10LE:
    case GST_VIDEO_FORMAT_I420_10LE:
        return true;
    default:
        return false;
    }
}

void PictureHash::read_component(const GstVideoFrame& frame, unsigned component) {
    const auto* info = frame.info.finfo;
    const auto width = static_cast<std::size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, component));
    const auto height = static_cast<std::size_t>(GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component));
    const auto stride = static_cast<std::ptrdiff_t>(GST_VIDEO_FRAME_COMP_STRIDE(&frame, component));
    const auto step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component);
    const bool wide = GST_VIDEO_FORMAT_INFO_DEPTH(info, component) > 8;
    // Where a plane holds two components, GStreamer counts in samples for P010, in bytes for others.
    const auto* line = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component)) +
                       (wide ? GST_VIDEO_FRAME_COMP_POFFSET(&frame, component) : 0);
    const auto line_bytes = width * (wide ? 2 : 1);

    bytes_.resize(line_bytes * height);
    for (std::size_t y = 0; y < height; y++, line += stride) {
        const std::span to(bytes_.data() + y * line_bytes, line_bytes);
        if (wide)
            copy_16_bit(line, step, GST_VIDEO_FORMAT_INFO_SHIFT(info, component), to);
        else
            copy_8_bit(line, step, to);
    }
}

FrameDigest PictureHash::add(const GstVideoFrame& frame) {
    FrameDigest digest;
    Md5 all;
    for (unsigned component = 0; component < components; component++) {
        read_component(frame, component);
        all.update(bytes_);
        all_.update(bytes_);
        if (component == 0) {
            luma_.update(bytes_);
            digest.luma = md5(bytes_);
        }
    }
    digest.all = all.finish();
    return digest;
}

} // namespace daedalus::test
