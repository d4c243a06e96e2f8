// SPDX-License-Identifier: BSD-2-Clause
#include "support/worker/capture_layout.h"

#include <linux/videodev2.h>

namespace daedalus::test {
namespace {

std::uint32_t round_up(std::uint32_t value, std::uint32_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

} // namespace

daedalus_picture_layout make_layout(std::uint32_t pixelformat, std::uint32_t width, std::uint32_t height,
                                    std::uint32_t padding) {
    daedalus_picture_layout layout = {};
    const std::uint32_t sample = pixelformat == V4L2_PIX_FMT_P010 ? 2 : 1;
    layout.pixelformat = pixelformat;
    layout.width = width;
    layout.height = height;
    layout.bytesperline = width * sample + padding;
    const std::uint32_t luma = layout.bytesperline * height;
    if (pixelformat == V4L2_PIX_FMT_YUV420M) {
        layout.planes = 3;
        layout.sizeimage[0] = luma;
        layout.sizeimage[1] = layout.sizeimage[2] = luma / 4;
    } else {
        layout.planes = 1;
        layout.sizeimage[0] = luma + luma / 2;
    }
    return layout;
}

daedalus_picture_layout make_roomy_layout(std::uint32_t pixelformat, std::uint32_t width,
                                          std::uint32_t height) {
    const std::uint32_t pitch = round_up(width, 128);
    return make_layout(pixelformat, width, round_up(height, 128) + 4, pitch - width);
}

PlanePlace place_of(const daedalus_picture_layout& layout, unsigned plane) {
    const std::size_t luma = std::size_t{layout.bytesperline} * layout.height;
    if (plane == 0)
        return {0, 0, layout.bytesperline};
    const std::size_t stride = layout.bytesperline / 2;
    if (layout.planes == 3)
        return {plane, 0, stride};
    return {0, luma + (plane - 1) * (luma / 4), stride};
}

} // namespace daedalus::test
