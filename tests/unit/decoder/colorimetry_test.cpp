// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/colorimetry.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

namespace daedalus::decoder {
namespace {

TEST(Colorimetry, SaysWhatTheStreamSays) {
    const Colorimetry hdr =
        colorimetry(AVCOL_PRI_BT2020, AVCOL_TRC_SMPTE2084, AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_MPEG, 2160);
    EXPECT_EQ(hdr.colorspace, V4L2_COLORSPACE_BT2020);
    EXPECT_EQ(hdr.xfer_func, V4L2_XFER_FUNC_SMPTE2084);
    EXPECT_EQ(hdr.ycbcr_enc, V4L2_YCBCR_ENC_BT2020);
    EXPECT_EQ(hdr.quantization, V4L2_QUANTIZATION_LIM_RANGE);
    EXPECT_EQ(
        colorimetry(AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709, AVCOL_RANGE_JPEG, 480).quantization,
        V4L2_QUANTIZATION_FULL_RANGE);
}

TEST(Colorimetry, GuessesBySizeWhereTheStreamIsSilent) {
    const auto silent = [](int height) {
        return colorimetry(AVCOL_PRI_UNSPECIFIED, AVCOL_TRC_UNSPECIFIED, AVCOL_SPC_UNSPECIFIED,
                           AVCOL_RANGE_UNSPECIFIED, height);
    };
    EXPECT_EQ(silent(576).colorspace, V4L2_COLORSPACE_SMPTE170M);
    EXPECT_EQ(silent(720).colorspace, V4L2_COLORSPACE_REC709);
    EXPECT_EQ(silent(720).xfer_func, V4L2_XFER_FUNC_DEFAULT);
    EXPECT_EQ(silent(720).quantization, V4L2_QUANTIZATION_DEFAULT);
}

// Every code point there is, known or not: never DEFAULT, which the kernel refuses.
TEST(Colorimetry, AlwaysNamesAColorspace) {
    for (int primaries = 0; primaries < 256; primaries++)
        EXPECT_NE(colorimetry(static_cast<AVColorPrimaries>(primaries), AVCOL_TRC_UNSPECIFIED,
                              AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, 480)
                      .colorspace,
                  V4L2_COLORSPACE_DEFAULT)
            << primaries;
}

} // namespace
} // namespace daedalus::decoder
