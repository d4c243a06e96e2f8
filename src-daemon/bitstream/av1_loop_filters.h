// SPDX-License-Identifier: BSD-2-Clause
// The in-loop filters in an AV1 frame header: loop_filter_params(), cdef_params() and lr_params()
// (5.9.11, 5.9.19, 5.9.20).
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// Writes the three in the order of the frame header. Loop filter deltas are always written in full, so they
/// don't depend on what the decoder remembers of the primary reference frame. The size of restoration units
/// is that of loop_restoration_size; clients disagree about lr_unit_shift.
///
/// Error: ERANGE, a value that the syntax can't carry.
[[nodiscard]] std::expected<void, util::Error> write_av1_loop_filters(BitWriter& writer,
                                                                      const Av1Sequence& sequence,
                                                                      const Av1Frame& frame,
                                                                      const v4l2_ctrl_av1_frame& control);

} // namespace daedalus::bitstream
