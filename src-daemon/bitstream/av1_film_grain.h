// SPDX-License-Identifier: BSD-2-Clause
// film_grain_params() of an AV1 frame header (5.9.30).
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// Writes `grain`, which may be null: the client sent none, and none applies. The parameters are always
/// written in full: clients have loaded those of film_grain_params_ref_idx already.
///
/// Error: ERANGE, a value that the syntax can't carry.
[[nodiscard]] std::expected<void, util::Error> write_av1_film_grain(BitWriter& writer,
                                                                    const Av1Sequence& sequence,
                                                                    const Av1Frame& frame,
                                                                    const v4l2_ctrl_av1_film_grain* grain);

} // namespace daedalus::bitstream
