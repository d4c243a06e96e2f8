// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/colorimetry.h"

#include <linux/videodev2.h>

namespace daedalus::decoder {
namespace {

constexpr int first_high_definition = 720; // lines

std::uint32_t colorspace(AVColorPrimaries primaries, int height) {
    switch (primaries) {
    case AVCOL_PRI_BT709:
        return V4L2_COLORSPACE_REC709;
    case AVCOL_PRI_BT470M:
        return V4L2_COLORSPACE_470_SYSTEM_M;
    case AVCOL_PRI_BT470BG:
        return V4L2_COLORSPACE_470_SYSTEM_BG;
    case AVCOL_PRI_SMPTE170M:
        return V4L2_COLORSPACE_SMPTE170M;
    case AVCOL_PRI_SMPTE240M:
        return V4L2_COLORSPACE_SMPTE240M;
    case AVCOL_PRI_BT2020:
        return V4L2_COLORSPACE_BT2020;
    case AVCOL_PRI_SMPTE431:
    case AVCOL_PRI_SMPTE432:
        return V4L2_COLORSPACE_DCI_P3;
    default:
        return height < first_high_definition ? V4L2_COLORSPACE_SMPTE170M : V4L2_COLORSPACE_REC709;
    }
}

std::uint32_t xfer_func(AVColorTransferCharacteristic transfer) {
    switch (transfer) {
    case AVCOL_TRC_BT709:
    case AVCOL_TRC_SMPTE170M:
    case AVCOL_TRC_BT2020_10:
    case AVCOL_TRC_BT2020_12:
        return V4L2_XFER_FUNC_709;
    case AVCOL_TRC_IEC61966_2_1:
        return V4L2_XFER_FUNC_SRGB;
    case AVCOL_TRC_SMPTE240M:
        return V4L2_XFER_FUNC_SMPTE240M;
    case AVCOL_TRC_LINEAR:
        return V4L2_XFER_FUNC_NONE;
    case AVCOL_TRC_SMPTE2084:
        return V4L2_XFER_FUNC_SMPTE2084;
    default:
        return V4L2_XFER_FUNC_DEFAULT;
    }
}

std::uint32_t ycbcr_enc(AVColorSpace matrix) {
    switch (matrix) {
    case AVCOL_SPC_BT709:
        return V4L2_YCBCR_ENC_709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return V4L2_YCBCR_ENC_601;
    case AVCOL_SPC_SMPTE240M:
        return V4L2_YCBCR_ENC_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
        return V4L2_YCBCR_ENC_BT2020;
    case AVCOL_SPC_BT2020_CL:
        return V4L2_YCBCR_ENC_BT2020_CONST_LUM;
    default:
        return V4L2_YCBCR_ENC_DEFAULT;
    }
}

std::uint32_t quantization(AVColorRange range) {
    switch (range) {
    case AVCOL_RANGE_JPEG:
        return V4L2_QUANTIZATION_FULL_RANGE;
    case AVCOL_RANGE_MPEG:
        return V4L2_QUANTIZATION_LIM_RANGE;
    default:
        return V4L2_QUANTIZATION_DEFAULT;
    }
}

} // namespace

Colorimetry colorimetry(AVColorPrimaries primaries, AVColorTransferCharacteristic transfer,
                        AVColorSpace matrix, AVColorRange range, int height) {
    return {.colorspace = colorspace(primaries, height),
            .xfer_func = xfer_func(transfer),
            .ycbcr_enc = ycbcr_enc(matrix),
            .quantization = quantization(range)};
}

} // namespace daedalus::decoder
