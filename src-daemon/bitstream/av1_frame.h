// SPDX-License-Identifier: BSD-2-Clause
// What the parts of an AV1 frame header need to know of the frame before they can be written.
#pragma once

#include <cstdint>
#include <expected>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_sequence.h"
#include "bitstream/control_value.h"
#include "util/error.h"

namespace daedalus::bitstream {

constexpr std::uint8_t av1_primary_ref_none = 7;

/// Checked and derived values of a frame control. Where the syntax infers a value, that is the one here,
/// whatever the control says.
struct Av1Frame {
    std::uint32_t type; // V4L2_AV1_KEY_FRAME, ...
    bool intra;         // key or intra-only
    bool shown;
    bool showable;
    bool error_resilient;
    bool screen_content_tools;
    bool integer_mv;
    bool intrabc;
    bool superres;
    std::uint8_t superres_denom;  // 9..16 with superres, else 8
    std::uint8_t primary_ref;     // 0..6, or av1_primary_ref_none
    std::uint8_t refresh;         // bit i: slot i holds this frame afterwards
    std::uint32_t order_hint;     // below 1 << order_hint_bits
    std::uint32_t upscaled_width; // luma samples, as shown
    std::uint32_t width;          // luma samples, as coded
    std::uint32_t height;
    bool coded_lossless; // CodedLossless of 5.9.2
    bool all_lossless;
};

/// Error: ERANGE, a value that the frame header can't carry.
[[nodiscard]] std::expected<Av1Frame, util::Error> make_av1_frame(const Av1Sequence& sequence,
                                                                  const v4l2_ctrl_av1_frame& control);

} // namespace daedalus::bitstream
