// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <algorithm>

namespace daedalus::test::av1 {

int8_t FrameHeaderParser::delta_q() {
    return static_cast<int8_t>(reader_.flag() ? reader_.signed_bits(7) : 0);
}

void FrameHeaderParser::quantization_params() {
    v4l2_av1_quantization& quantization = frame_.quantization;
    const bool separate = sequence_.has(V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q);
    quantization.base_q_idx = static_cast<uint8_t>(reader_.bits(8));
    quantization.delta_q_y_dc = delta_q();
    if (!sequence_.monochrome()) {
        const bool different = separate && reader_.flag();
        if (different)
            quantization.flags |= V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA;
        quantization.delta_q_u_dc = quantization.delta_q_v_dc = delta_q();
        quantization.delta_q_u_ac = quantization.delta_q_v_ac = delta_q();
        if (different) {
            quantization.delta_q_v_dc = delta_q();
            quantization.delta_q_v_ac = delta_q();
        }
    }
    if (!reader_.flag()) // using_qmatrix
        return;
    quantization.flags |= V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX;
    quantization.qm_y = static_cast<uint8_t>(reader_.bits(4));
    quantization.qm_u = quantization.qm_v = static_cast<uint8_t>(reader_.bits(4));
    if (separate)
        quantization.qm_v = static_cast<uint8_t>(reader_.bits(4));
}

void FrameHeaderParser::segmentation_params() {
    v4l2_av1_segmentation& segmentation = frame_.segmentation;
    if (!reader_.flag()) {
        segmentation = {};
        return;
    }
    segmentation.flags = V4L2_AV1_SEGMENTATION_FLAG_ENABLED;
    bool update_data = true;
    if (frame_.primary_ref_frame == primary_ref_none) {
        segmentation.flags |= V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP;
    } else {
        if (reader_.flag()) {
            segmentation.flags |= V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP;
            if (reader_.flag())
                segmentation.flags |= V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE;
        }
        update_data = reader_.flag();
    }
    if (update_data) {
        segmentation.flags |= V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA;
        constexpr std::array<unsigned, V4L2_AV1_SEG_LVL_MAX> bits = {8, 6, 6, 6, 6, 3, 0, 0};
        constexpr std::array<int32_t, V4L2_AV1_SEG_LVL_MAX> most = {255, 63, 63, 63, 63, 7, 0, 0};
        for (unsigned segment = 0; segment < V4L2_AV1_MAX_SEGMENTS; ++segment) {
            segmentation.feature_enabled[segment] = 0;
            for (unsigned feature = 0; feature < bits.size(); ++feature) {
                segmentation.feature_data[segment][feature] = 0;
                if (!reader_.flag())
                    continue;
                segmentation.feature_enabled[segment] |= static_cast<uint8_t>(1U << feature);
                const int32_t value = feature < V4L2_AV1_SEG_LVL_REF_FRAME
                                          ? reader_.signed_bits(bits[feature] + 1)
                                          : static_cast<int32_t>(reader_.bits(bits[feature]));
                segmentation.feature_data[segment][feature] =
                    static_cast<int16_t>(std::clamp(value, -most[feature], most[feature]));
            }
        }
    }
    for (unsigned segment = 0; segment < V4L2_AV1_MAX_SEGMENTS; ++segment) {
        if (segmentation.feature_enabled[segment] != 0)
            segmentation.last_active_seg_id = static_cast<uint8_t>(segment);
        if (segmentation.feature_enabled[segment] >> V4L2_AV1_SEG_LVL_REF_FRAME != 0)
            segmentation.flags |= V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP;
    }
}

void FrameHeaderParser::delta_params() {
    if (frame_.quantization.base_q_idx == 0 || !reader_.flag())
        return;
    frame_.quantization.flags |= V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT;
    frame_.quantization.delta_q_res = static_cast<uint8_t>(reader_.bits(2));
    if (has(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC) || !reader_.flag())
        return;
    frame_.loop_filter.flags |= V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT;
    frame_.loop_filter.delta_lf_res = static_cast<uint8_t>(reader_.bits(2));
    if (reader_.flag())
        frame_.loop_filter.flags |= V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI;
}

void FrameHeaderParser::lossless() {
    const v4l2_av1_quantization& q = frame_.quantization;
    const v4l2_av1_segmentation& segmentation = frame_.segmentation;
    coded_lossless_ = q.delta_q_y_dc == 0 && q.delta_q_u_dc == 0 && q.delta_q_u_ac == 0 &&
                      q.delta_q_v_dc == 0 && q.delta_q_v_ac == 0;
    for (unsigned segment = 0; segment < V4L2_AV1_MAX_SEGMENTS; ++segment) {
        int index = q.base_q_idx;
        if ((segmentation.feature_enabled[segment] & 1) != 0)
            index = std::clamp(index + segmentation.feature_data[segment][V4L2_AV1_SEG_LVL_ALT_Q], 0, 255);
        coded_lossless_ = coded_lossless_ && index == 0;
    }
    all_lossless_ = coded_lossless_ && frame_.upscaled_width == frame_.frame_width_minus_1 + 1;
}

} // namespace daedalus::test::av1
