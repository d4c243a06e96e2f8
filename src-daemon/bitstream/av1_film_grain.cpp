// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_film_grain.h"

#include <cstddef>
#include <span>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr unsigned max_luma_points = 14;
constexpr unsigned max_chroma_points = 10;

using Bytes = std::span<const std::uint8_t>;

/// A piecewise linear scaling function; the values increase (6.8.20).
void write_points(BitWriter& writer, ControlCheck& check, const char* field, unsigned count, unsigned most,
                  Bytes values, Bytes scalings) {
    check.in_range(field, count, 0, most);
    if (!check.ok())
        return;
    writer.bits(count, 4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            check.in_range("a film grain point's value", values[i], values[i - 1] + 1, 255);
        writer.bits(values[i], 8);
        writer.bits(scalings[i], 8);
    }
}

void write_coefficients(BitWriter& writer, Bytes coefficients, std::size_t count) {
    for (const std::uint8_t coefficient : coefficients.first(count))
        writer.bits(coefficient, 8);
}

void write_chroma_mix(BitWriter& writer, ControlCheck& check, unsigned mult, unsigned luma_mult,
                      unsigned offset) {
    check.in_range("a film grain chroma offset", offset, 0, 511);
    writer.bits(mult, 8);
    writer.bits(luma_mult, 8);
    writer.bits(offset, 9);
}

/// What is left once apply_grain, the seed and update_grain are written.
void write_grain(BitWriter& writer, ControlCheck& check, const Av1Sequence& sequence,
                 const v4l2_ctrl_av1_film_grain& grain) {
    write_points(writer, check, "num_y_points", grain.num_y_points, max_luma_points, grain.point_y_value,
                 grain.point_y_scaling);
    const bool from_luma =
        !sequence.monochrome && (grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA) != 0;
    if (!sequence.monochrome)
        writer.flag(from_luma);
    const bool subsampled = sequence.subsampling_x && sequence.subsampling_y;
    const bool chroma_points = !sequence.monochrome && !from_luma && (!subsampled || grain.num_y_points > 0);
    const unsigned cb_points = chroma_points ? grain.num_cb_points : 0;
    const unsigned cr_points = chroma_points ? grain.num_cr_points : 0;
    if (chroma_points) {
        write_points(writer, check, "num_cb_points", cb_points, max_chroma_points, grain.point_cb_value,
                     grain.point_cb_scaling);
        write_points(writer, check, "num_cr_points", cr_points, max_chroma_points, grain.point_cr_value,
                     grain.point_cr_scaling);
    }
    check.in_range("grain_scaling_minus_8", grain.grain_scaling_minus_8, 0, 3);
    check.in_range("ar_coeff_lag", grain.ar_coeff_lag, 0, 3);
    check.in_range("ar_coeff_shift_minus_6", grain.ar_coeff_shift_minus_6, 0, 3);
    check.in_range("grain_scale_shift", grain.grain_scale_shift, 0, 3);
    if (!check.ok())
        return; // the number of coefficients would be wrong

    writer.bits(grain.grain_scaling_minus_8, 2);
    writer.bits(grain.ar_coeff_lag, 2);
    const std::size_t lag = grain.ar_coeff_lag;
    const std::size_t luma = 2 * lag * (lag + 1);                        // numPosLuma
    const std::size_t chroma = grain.num_y_points > 0 ? luma + 1 : luma; // numPosChroma
    if (grain.num_y_points > 0)
        write_coefficients(writer, grain.ar_coeffs_y_plus_128, luma);
    if (from_luma || cb_points > 0)
        write_coefficients(writer, grain.ar_coeffs_cb_plus_128, chroma);
    if (from_luma || cr_points > 0)
        write_coefficients(writer, grain.ar_coeffs_cr_plus_128, chroma);
    writer.bits(grain.ar_coeff_shift_minus_6, 2);
    writer.bits(grain.grain_scale_shift, 2);
    if (cb_points > 0)
        write_chroma_mix(writer, check, grain.cb_mult, grain.cb_luma_mult, grain.cb_offset);
    if (cr_points > 0)
        write_chroma_mix(writer, check, grain.cr_mult, grain.cr_luma_mult, grain.cr_offset);
    writer.flag((grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP) != 0);
    writer.flag((grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE) != 0);
}

} // namespace

std::expected<void, util::Error> write_av1_film_grain(BitWriter& writer, const Av1Sequence& sequence,
                                                      const Av1Frame& frame,
                                                      const v4l2_ctrl_av1_film_grain* grain) {
    if (!frame.shown && !frame.showable)
        return {};
    const bool apply = grain != nullptr && (grain->flags & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) != 0;
    writer.flag(apply);
    if (!apply)
        return {};
    writer.bits(grain->grain_seed, 16);
    if (frame.type == V4L2_AV1_INTER_FRAME)
        writer.flag(true); // update_grain
    ControlCheck check("AV1");
    write_grain(writer, check, sequence, *grain);
    return check.result();
}

} // namespace daedalus::bitstream
