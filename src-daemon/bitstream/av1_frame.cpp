// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_frame.h"

#include <algorithm>
#include <utility>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr unsigned superres_num = 8;
constexpr unsigned superres_denom_min = 9;
constexpr unsigned superres_denom_max = 16;
constexpr std::uint8_t refresh_all = 0xff;

std::expected<void, util::Error> check(const Av1Sequence& sequence, const v4l2_ctrl_av1_frame& control) {
    ControlCheck check("AV1");
    check.in_range("frame_type", control_value(control.frame_type), V4L2_AV1_KEY_FRAME,
                   V4L2_AV1_SWITCH_FRAME);
    check.in_range("upscaled_width", control.upscaled_width, 1, 1 << 16);
    check.in_range("frame_height_minus_1", control.frame_height_minus_1, 0, (1 << 16) - 1);
    check.in_range("primary_ref_frame", control.primary_ref_frame, 0, av1_primary_ref_none);
    if ((control.flags & V4L2_AV1_FRAME_FLAG_USE_SUPERRES) != 0)
        check.in_range("superres_denom", control.superres_denom, superres_denom_min, superres_denom_max);
    if (sequence.order_hint_bits > 0)
        check.in_range("order_hint", control.order_hint, 0, (1 << sequence.order_hint_bits) - 1);
    return check.result();
}

/// superres_params() (5.9.8). Widths below 16 are not reduced, nor others to below 16: the specification does
/// not say so, but libaom and dav1d agree.
std::uint32_t coded_width(std::uint32_t upscaled_width, std::uint32_t denom) {
    const std::uint32_t scaled = (upscaled_width * superres_num + denom / 2) / denom;
    return std::max(scaled, std::min<std::uint32_t>(16, upscaled_width));
}

/// CodedLossless (5.9.2): no segment's quantiser index is above 0 and none of its deltas is set.
bool is_lossless(const Av1Sequence& sequence, const v4l2_ctrl_av1_frame& control) {
    const v4l2_av1_quantization& quantization = control.quantization;
    if (quantization.delta_q_y_dc != 0)
        return false;
    if (!sequence.monochrome && (quantization.delta_q_u_dc != 0 || quantization.delta_q_u_ac != 0 ||
                                 quantization.delta_q_v_dc != 0 || quantization.delta_q_v_ac != 0))
        return false;
    const v4l2_av1_segmentation& segmentation = control.segmentation;
    for (int segment = 0; segment < V4L2_AV1_MAX_SEGMENTS; ++segment) {
        int index = quantization.base_q_idx;
        if ((segmentation.flags & V4L2_AV1_SEGMENTATION_FLAG_ENABLED) != 0 &&
            (segmentation.feature_enabled[segment] &
             V4L2_AV1_SEGMENT_FEATURE_ENABLED(V4L2_AV1_SEG_LVL_ALT_Q)) != 0)
            index += segmentation.feature_data[segment][V4L2_AV1_SEG_LVL_ALT_Q];
        if (index > 0)
            return false;
    }
    return true;
}

} // namespace

std::expected<Av1Frame, util::Error> make_av1_frame(const Av1Sequence& sequence,
                                                    const v4l2_ctrl_av1_frame& control) {
    if (auto valid = check(sequence, control); !valid)
        return std::unexpected(std::move(valid.error()));
    const auto flag = [&](std::uint32_t mask) { return (control.flags & mask) != 0; };

    Av1Frame frame{};
    frame.type = control_value(control.frame_type);
    frame.intra = frame.type == V4L2_AV1_KEY_FRAME || frame.type == V4L2_AV1_INTRA_ONLY_FRAME;
    frame.shown = flag(V4L2_AV1_FRAME_FLAG_SHOW_FRAME);
    frame.showable =
        frame.shown ? frame.type != V4L2_AV1_KEY_FRAME : flag(V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME);
    const bool restarts = frame.type == V4L2_AV1_KEY_FRAME && frame.shown;
    const bool switches = frame.type == V4L2_AV1_SWITCH_FRAME;
    frame.error_resilient = restarts || switches || flag(V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE);
    frame.screen_content_tools = flag(V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS);
    frame.integer_mv = frame.screen_content_tools && flag(V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV);
    frame.upscaled_width = control.upscaled_width;
    frame.superres_denom = flag(V4L2_AV1_FRAME_FLAG_USE_SUPERRES) ? control.superres_denom : superres_num;
    frame.width = coded_width(frame.upscaled_width, frame.superres_denom);
    // A width that is not reduced is written as one: decoders differ in what they read then, for the
    // specification asks for the widths (5.9.2), and dav1d for the flag.
    frame.superres = frame.width != frame.upscaled_width;
    frame.intrabc = frame.intra && frame.screen_content_tools && !frame.superres &&
                    flag(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC);
    frame.primary_ref =
        frame.intra || frame.error_resilient ? av1_primary_ref_none : control.primary_ref_frame;
    frame.refresh = restarts || switches ? refresh_all : control.refresh_frame_flags;
    frame.order_hint = sequence.order_hint_bits > 0 ? control.order_hint : 0;
    frame.height = control.frame_height_minus_1 + 1;
    frame.coded_lossless = is_lossless(sequence, control);
    frame.all_lossless = frame.coded_lossless && !frame.superres;
    return frame;
}

} // namespace daedalus::bitstream
