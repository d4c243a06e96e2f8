// SPDX-License-Identifier: BSD-2-Clause
// What parameter sets must know of the slices that they are written for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace daedalus::bitstream {

/// pic_parameter_set_id of the first slice (nal_unit_type 1 or 5) of an Annex B access unit; nothing if there
/// is no slice, or one too short to say.
///
/// Clients that come through VA-API don't know the id and leave it 0 in the control, though their slices
/// refer to another. The control describes the PPS of the first slice, so its id can take the place of the
/// control's.
[[nodiscard]] std::optional<std::uint8_t> h264_slice_pps_id(std::span<const std::byte> bitstream);

} // namespace daedalus::bitstream
