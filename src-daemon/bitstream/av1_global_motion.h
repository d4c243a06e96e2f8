// SPDX-License-Identifier: BSD-2-Clause
// global_motion_params() of an AV1 frame header (5.9.24, 5.9.25).
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// gm_params[i][0..5] for each reference LAST_FRAME .. ALTREF_FRAME, in units of 2^-16.
using Av1GlobalMotion = std::array<std::array<std::int32_t, 6>, V4L2_AV1_REFS_PER_FRAME>;

/// What holds for frames without global motion, and before any frame: the identity.
[[nodiscard]] Av1GlobalMotion av1_default_global_motion();

/// Writes the models of `motion` as differences from `previous`, the primary reference frame's. The types say
/// which parameters count; the control's flags, which clients fill in differently, are not read.
///
/// Returns what a decoder then has as gm_params, to be `previous` for frames that refer to this one. Error:
/// ERANGE, a type or parameter that the syntax can't carry.
[[nodiscard]] std::expected<Av1GlobalMotion, util::Error>
write_av1_global_motion(BitWriter& writer, const v4l2_av1_global_motion& motion,
                        const Av1GlobalMotion& previous, bool high_precision_mv);

} // namespace daedalus::bitstream
