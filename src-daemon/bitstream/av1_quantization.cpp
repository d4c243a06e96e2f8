// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_quantization.h"

#include <array>
#include <utility>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

void write_delta_q(BitWriter& writer, ControlCheck& check, const char* field, int delta) {
    check.in_range(field, delta, -64, 63);
    writer.flag(delta != 0); // delta_coded
    if (delta != 0)
        writer.su(delta, 7);
}

void write_quantization_params(BitWriter& writer, ControlCheck& check, const Av1Sequence& sequence,
                               const v4l2_av1_quantization& quantization) {
    writer.bits(quantization.base_q_idx, 8);
    write_delta_q(writer, check, "delta_q_y_dc", quantization.delta_q_y_dc);
    if (!sequence.monochrome) {
        const bool different = quantization.delta_q_u_dc != quantization.delta_q_v_dc ||
                               quantization.delta_q_u_ac != quantization.delta_q_v_ac;
        writer.flag(different); // diff_uv_delta
        write_delta_q(writer, check, "delta_q_u_dc", quantization.delta_q_u_dc);
        write_delta_q(writer, check, "delta_q_u_ac", quantization.delta_q_u_ac);
        if (different) {
            write_delta_q(writer, check, "delta_q_v_dc", quantization.delta_q_v_dc);
            write_delta_q(writer, check, "delta_q_v_ac", quantization.delta_q_v_ac);
        }
    }
    const bool matrices = (quantization.flags & V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX) != 0;
    writer.flag(matrices);
    if (!matrices)
        return;
    check.in_range("qm_y", quantization.qm_y, 0, 15);
    check.in_range("qm_u", quantization.qm_u, 0, 15);
    check.in_range("qm_v", quantization.qm_v, 0, 15);
    writer.bits(quantization.qm_y, 4);
    writer.bits(quantization.qm_u, 4);
    if (!sequence.monochrome) // which has no separate_uv_delta_q; all others do here
        writer.bits(quantization.qm_v, 4);
}

struct Feature {
    unsigned bits;
    int lowest;
    int highest;
};

/// Segmentation_Feature_Bits and _Signed (5.9.14). Segmentation_Feature_Max is one less at the negative end;
/// decoders clip to it, and a client may pass on what it read.
constexpr std::array<Feature, V4L2_AV1_SEG_LVL_MAX> features = {{
    {8, -256, 255}, // quantiser index
    {6, -64, 63},   // loop filter, luma vertical
    {6, -64, 63},   // loop filter, luma horizontal
    {6, -64, 63},   // loop filter, U
    {6, -64, 63},   // loop filter, V
    {3, 0, 7},      // reference frame
    {0, 0, 0},      // skip
    {0, 0, 0},      // global motion
}};

void write_feature(BitWriter& writer, ControlCheck& check, const Feature& feature, int value) {
    if (feature.bits == 0)
        return; // enabled or not is all there is
    check.in_range("feature_data", value, feature.lowest, feature.highest);
    if (feature.lowest < 0)
        writer.su(value, feature.bits + 1);
    else
        writer.bits(static_cast<unsigned>(value), feature.bits);
}

void write_segmentation_params(BitWriter& writer, ControlCheck& check, const Av1Frame& frame,
                               const v4l2_av1_segmentation& segmentation) {
    const auto flag = [&](std::uint8_t mask) { return (segmentation.flags & mask) != 0; };
    const bool enabled = flag(V4L2_AV1_SEGMENTATION_FLAG_ENABLED);
    writer.flag(enabled);
    if (!enabled)
        return;
    if (frame.primary_ref != av1_primary_ref_none) {
        const bool update_map = flag(V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP);
        writer.flag(update_map);
        if (update_map)
            writer.flag(flag(V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE));
        writer.flag(true); // segmentation_update_data
    }
    for (std::size_t segment = 0; segment < V4L2_AV1_MAX_SEGMENTS; ++segment) {
        for (std::size_t i = 0; i < features.size(); ++i) {
            const bool present =
                (segmentation.feature_enabled[segment] & V4L2_AV1_SEGMENT_FEATURE_ENABLED(i)) != 0;
            writer.flag(present);
            if (present)
                write_feature(writer, check, features[i], segmentation.feature_data[segment][i]);
        }
    }
}

void write_delta_params(BitWriter& writer, ControlCheck& check, const Av1Frame& frame,
                        const v4l2_ctrl_av1_frame& control) {
    const v4l2_av1_quantization& quantization = control.quantization;
    if (quantization.base_q_idx == 0)
        return;
    const bool delta_q = (quantization.flags & V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT) != 0;
    writer.flag(delta_q);
    if (!delta_q)
        return;
    check.in_range("delta_q_res", quantization.delta_q_res, 0, 3);
    writer.bits(quantization.delta_q_res, 2);
    if (frame.intrabc)
        return;
    const v4l2_av1_loop_filter& filter = control.loop_filter;
    const bool delta_lf = (filter.flags & V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT) != 0;
    writer.flag(delta_lf);
    if (!delta_lf)
        return;
    check.in_range("delta_lf_res", filter.delta_lf_res, 0, 3);
    writer.bits(filter.delta_lf_res, 2);
    writer.flag((filter.flags & V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI) != 0);
}

} // namespace

std::expected<void, util::Error> write_av1_quantization(BitWriter& writer, const Av1Sequence& sequence,
                                                        const Av1Frame& frame,
                                                        const v4l2_ctrl_av1_frame& control) {
    ControlCheck check("AV1");
    write_quantization_params(writer, check, sequence, control.quantization);
    write_segmentation_params(writer, check, frame, control.segmentation);
    write_delta_params(writer, check, frame, control);
    return check.result();
}

} // namespace daedalus::bitstream
