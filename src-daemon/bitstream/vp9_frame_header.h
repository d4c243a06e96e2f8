// SPDX-License-Identifier: BSD-2-Clause
// What of VP9's frame header is in no control of a request, or is wanted where there are no controls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::bitstream {

/// Whether `frame` is a key frame by its uncompressed_header() (VP9 6.2); of a superframe its first frame.
[[nodiscard]] bool vp9_is_key(std::span<const std::byte> frame);

/// refresh_frame_flags of an uncompressed_header() (VP9 6.2, 7.2): the slots that `frame` is put in, a bit
/// for each. 0 for a frame that is no VP9, ends early or shows an existing one.
[[nodiscard]] std::uint8_t vp9_refreshed_slots(std::span<const std::byte> frame);

} // namespace daedalus::bitstream
