// SPDX-License-Identifier: BSD-2-Clause
// uncompressed_header() of AV1 (5.9.2), written again from V4L2_CID_STATELESS_AV1_FRAME.
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/av1_global_motion.h"
#include "bitstream/av1_references.h"
#include "bitstream/av1_sequence.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// All that a frame header is made from; refers to what the caller owns.
struct Av1FrameHeaderInput {
    const Av1Sequence& sequence;
    const Av1Frame& frame;
    const v4l2_ctrl_av1_frame& control;
    const v4l2_ctrl_av1_film_grain* film_grain; // null: none
    const Av1References& references;            // before this frame
    unsigned tile_size_bytes;                   // 1..4
};

/// Error: ERANGE, a reference slot that does not exist.
[[nodiscard]] std::expected<void, util::Error> check_av1_references(const Av1Frame& frame,
                                                                    const v4l2_ctrl_av1_frame& control);

/// Writes the header to fit the sequence header of write_av1_sequence_header(), without trailing bits: for an
/// OBU_FRAME. The slots of ref_frame_idx must have been checked.
///
/// Returns the frame's global motion parameters, for Av1References. Error: ERANGE, a value that the syntax
/// can't carry.
[[nodiscard]] std::expected<Av1GlobalMotion, util::Error>
write_av1_frame_header(BitWriter& writer, const Av1FrameHeaderInput& input);

} // namespace daedalus::bitstream
