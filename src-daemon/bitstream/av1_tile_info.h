// SPDX-License-Identifier: BSD-2-Clause
// tile_info() of an AV1 frame header (5.9.15).
#pragma once

#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/bit_writer.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// Writes the layout of `tiles`; `tile_size_bytes` (1..4) is the length of the size before each tile's data.
///
/// A uniform layout is found from the numbers of columns and rows, any other from mi_col_starts and
/// mi_row_starts. Error: ERANGE, a layout that the syntax can't carry.
[[nodiscard]] std::expected<void, util::Error>
write_av1_tile_info(BitWriter& writer, const Av1Sequence& sequence, const Av1Frame& frame,
                    const v4l2_av1_tile_info& tiles, unsigned tile_size_bytes);

} // namespace daedalus::bitstream
