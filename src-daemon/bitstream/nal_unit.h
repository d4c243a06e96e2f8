// SPDX-License-Identifier: BSD-2-Clause
// H.264 NAL units in the byte stream format (Annex B).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::bitstream {

/// Appends one NAL unit: a four-byte start code, `header` (forbidden_zero_bit, nal_ref_idc, nal_unit_type)
/// and `rbsp` with emulation prevention bytes put in (7.4.1.1).
void append_nal_unit(std::vector<std::uint8_t>& out, std::uint8_t header, std::span<const std::uint8_t> rbsp);

} // namespace daedalus::bitstream
