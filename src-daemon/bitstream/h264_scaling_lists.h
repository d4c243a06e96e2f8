// SPDX-License-Identifier: BSD-2-Clause
// The scaling lists of an H.264 picture parameter set (7.3.2.1.1.1, 7.4.2.1.1.1).
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// Which of the control's lists a picture uses: all six 4x4 ones always; of the 8x8 ones (Intra Y, Inter Y,
/// Intra Cb, Inter Cb, Intra Cr, Inter Cr) none without the 8x8 transform, the first two unless chroma is
/// 4:4:4.
struct ScalingListUse {
    unsigned lists_8x8; // 0, 2 or 6
};

/// Whether any list in use differs from flat (all 16). A null or all-zero matrix does not.
[[nodiscard]] bool scaling_lists_needed(const v4l2_ctrl_h264_scaling_matrix* matrix, ScalingListUse use);

/// Each list in use with its pic_scaling_list_present_flag, in the order of Table 7-2. The control's lists
/// are in raster order, the bitstream's in zig-zag order, of fields too (8.5.6).
///
/// Error: ERANGE, a zero in a list, which the syntax gives another meaning.
[[nodiscard]] std::expected<void, util::Error>
write_scaling_lists(BitWriter& writer, const v4l2_ctrl_h264_scaling_matrix& matrix, ScalingListUse use);

} // namespace daedalus::bitstream
