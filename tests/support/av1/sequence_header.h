// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <linux/v4l2-controls.h>
#include <span>
#include <string>

namespace daedalus::test::av1 {

/** How a sequence header lets frames say a thing: never, always, or each for itself. */
constexpr unsigned select_per_frame = 2;

struct OperatingPoint {
    uint16_t idc;
    bool decoder_model;
};

/** A sequence header: what V4L2 carries of it, and what frame headers need besides. */
struct SequenceHeader {
    v4l2_ctrl_av1_sequence control{};
    bool reduced_still_picture = false;
    bool decoder_model_info = false;
    bool equal_picture_interval = false;
    unsigned frame_presentation_time_bits = 0;
    unsigned buffer_removal_time_bits = 0;
    unsigned operating_points = 0;
    std::array<OperatingPoint, 32> operating_point{};
    unsigned frame_width_bits = 0;
    unsigned frame_height_bits = 0;
    bool frame_ids = false;
    unsigned delta_frame_id_bits = 0;
    unsigned frame_id_bits = 0;
    unsigned screen_content_tools = 0; ///< 0, 1 or select_per_frame
    unsigned integer_mv = 0;           ///< 0, 1 or select_per_frame

    bool has(uint32_t flag) const { return (control.flags & flag) != 0; }
    bool monochrome() const { return has(V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME); }
};

/** Parses sequence_header_obu() (5.5.1). */
std::expected<SequenceHeader, std::string> parse_sequence_header(std::span<const uint8_t> payload);

} // namespace daedalus::test::av1
