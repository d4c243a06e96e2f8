// SPDX-License-Identifier: BSD-2-Clause
// How an AV1 frame header describes quantisation: quantization_params(), segmentation_params(),
// delta_q_params() and delta_lf_params() (5.9.12 to 5.9.18).
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// Writes the four in the order of the frame header. Segmentation features are always written in full, so
/// they don't depend on what the decoder remembers of the primary reference frame.
///
/// Error: ERANGE, a value that the syntax can't carry.
[[nodiscard]] std::expected<void, util::Error> write_av1_quantization(BitWriter& writer,
                                                                      const Av1Sequence& sequence,
                                                                      const Av1Frame& frame,
                                                                      const v4l2_ctrl_av1_frame& control);

} // namespace daedalus::bitstream
