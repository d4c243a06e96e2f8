// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <span>

namespace daedalus::test::av1 {

void FrameHeaderParser::film_grain_points() {
    v4l2_ctrl_av1_film_grain& grain = header_.film_grain;
    const auto points = [&](uint8_t& count, std::span<uint8_t> values, std::span<uint8_t> scalings) {
        count = static_cast<uint8_t>(reader_.bits(4));
        for (unsigned i = 0; i < count; ++i) {
            values[i] = static_cast<uint8_t>(reader_.bits(8));
            scalings[i] = static_cast<uint8_t>(reader_.bits(8));
        }
    };
    points(grain.num_y_points, grain.point_y_value, grain.point_y_scaling);
    const bool from_luma = !sequence_.monochrome() && reader_.flag();
    if (from_luma)
        grain.flags |= V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA;
    const bool subsampled = sequence_.has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X) &&
                            sequence_.has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y);
    if (sequence_.monochrome() || from_luma || (subsampled && grain.num_y_points == 0))
        return;
    points(grain.num_cb_points, grain.point_cb_value, grain.point_cb_scaling);
    points(grain.num_cr_points, grain.point_cr_value, grain.point_cr_scaling);
}

void FrameHeaderParser::film_grain_coefficients() {
    v4l2_ctrl_av1_film_grain& grain = header_.film_grain;
    const bool from_luma = (grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA) != 0;
    grain.grain_scaling_minus_8 = static_cast<uint8_t>(reader_.bits(2));
    grain.ar_coeff_lag = static_cast<uint8_t>(reader_.bits(2));
    const unsigned luma = 2U * grain.ar_coeff_lag * (grain.ar_coeff_lag + 1U);
    const unsigned chroma = luma + (grain.num_y_points > 0 ? 1 : 0);
    const auto coefficients = [&](std::span<uint8_t> values, unsigned count) {
        for (uint8_t& value : values.first(count))
            value = static_cast<uint8_t>(reader_.bits(8));
    };
    if (grain.num_y_points > 0)
        coefficients(grain.ar_coeffs_y_plus_128, luma);
    if (from_luma || grain.num_cb_points > 0)
        coefficients(grain.ar_coeffs_cb_plus_128, chroma);
    if (from_luma || grain.num_cr_points > 0)
        coefficients(grain.ar_coeffs_cr_plus_128, chroma);
    grain.ar_coeff_shift_minus_6 = static_cast<uint8_t>(reader_.bits(2));
    grain.grain_scale_shift = static_cast<uint8_t>(reader_.bits(2));
    if (grain.num_cb_points > 0) {
        grain.cb_mult = static_cast<uint8_t>(reader_.bits(8));
        grain.cb_luma_mult = static_cast<uint8_t>(reader_.bits(8));
        grain.cb_offset = static_cast<uint16_t>(reader_.bits(9));
    }
    if (grain.num_cr_points > 0) {
        grain.cr_mult = static_cast<uint8_t>(reader_.bits(8));
        grain.cr_luma_mult = static_cast<uint8_t>(reader_.bits(8));
        grain.cr_offset = static_cast<uint16_t>(reader_.bits(9));
    }
    if (reader_.flag())
        grain.flags |= V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP;
    if (reader_.flag())
        grain.flags |= V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE;
}

void FrameHeaderParser::film_grain_params() {
    if (!sequence_.has(V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT) ||
        !(has(V4L2_AV1_FRAME_FLAG_SHOW_FRAME) || has(V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME)) || !reader_.flag())
        return;
    const auto seed = static_cast<uint16_t>(reader_.bits(16));
    if (frame_.frame_type == V4L2_AV1_INTER_FRAME && !reader_.flag()) { // update_grain
        const auto from = static_cast<uint8_t>(reader_.bits(3));
        header_.film_grain = slots_.at(from).header.film_grain; // load_grain_params()
        header_.film_grain.film_grain_params_ref_idx = from;
        header_.film_grain.grain_seed = seed;
        return;
    }
    header_.film_grain.flags = V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN | V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN;
    header_.film_grain.grain_seed = seed;
    film_grain_points();
    film_grain_coefficients();
}

} // namespace daedalus::test::av1
