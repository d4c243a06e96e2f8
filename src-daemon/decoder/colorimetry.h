// SPDX-License-Identifier: BSD-2-Clause
// Colours: from the code points of streams to V4L2's enumerations. Pure.
#pragma once

#include "decoder/avcodec_library.h"

#include <cstdint>

namespace daedalus::decoder {

/// V4L2's names for what the code points say, enum v4l2_colorspace and so on.
struct Colorimetry {
    std::uint32_t colorspace = 0;
    std::uint32_t xfer_func = 0;
    std::uint32_t ycbcr_enc = 0;
    std::uint32_t quantization = 0;
};

/// `height` decides where the stream says nothing: small pictures are of standard definition.
[[nodiscard]] Colorimetry colorimetry(AVColorPrimaries primaries, AVColorTransferCharacteristic transfer,
                                      AVColorSpace matrix, AVColorRange range, int height);

} // namespace daedalus::decoder
