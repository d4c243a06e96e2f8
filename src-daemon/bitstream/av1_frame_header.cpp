// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_frame_header.h"

#include <utility>

#include "bitstream/av1_film_grain.h"
#include "bitstream/av1_loop_filters.h"
#include "bitstream/av1_quantization.h"
#include "bitstream/av1_tile_info.h"
#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr std::uint8_t refresh_all = 0xff;

bool has_flag(const Av1FrameHeaderInput& input, std::uint32_t mask) {
    return (input.control.flags & mask) != 0;
}

/// From show_existing_frame to refresh_frame_flags and ref_order_hint
void write_beginning(BitWriter& writer, const Av1FrameHeaderInput& input) {
    const Av1Frame& frame = input.frame;
    const unsigned order_hint_bits = input.sequence.order_hint_bits;
    const bool switches = frame.type == V4L2_AV1_SWITCH_FRAME;
    const bool restarts = frame.type == V4L2_AV1_KEY_FRAME && frame.shown;
    writer.flag(false); // show_existing_frame
    writer.bits(frame.type, 2);
    writer.flag(frame.shown);
    if (!frame.shown)
        writer.flag(frame.showable);
    if (!switches && !restarts)
        writer.flag(frame.error_resilient);
    writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE));
    writer.flag(frame.screen_content_tools);
    if (frame.screen_content_tools)
        writer.flag(frame.integer_mv);
    if (!switches)
        writer.flag(true); // frame_size_override_flag: the sequence header holds no real size
    writer.bits(frame.order_hint, order_hint_bits);
    if (!frame.intra && !frame.error_resilient)
        writer.bits(frame.primary_ref, 3);
    if (!switches && !restarts)
        writer.bits(frame.refresh, 8);
    if ((!frame.intra || frame.refresh != refresh_all) && frame.error_resilient && order_hint_bits > 0)
        for (std::size_t slot = 0; slot < V4L2_AV1_TOTAL_REFS_PER_FRAME; ++slot)
            writer.bits(input.references[slot].order_hint, order_hint_bits); // ref_order_hint
}

/// frame_size(), superres_params() and render_size() (5.9.5, 5.9.8, 5.9.6)
void write_size(BitWriter& writer, const Av1FrameHeaderInput& input) {
    const Av1Frame& frame = input.frame;
    writer.bits(frame.upscaled_width - 1, 16);
    writer.bits(frame.height - 1, 16);
    writer.flag(frame.superres);
    if (frame.superres)
        writer.bits(frame.superres_denom - 9U, 3); // coded_denom
    const std::uint32_t render_width = input.control.render_width_minus_1 + 1U;
    const std::uint32_t render_height = input.control.render_height_minus_1 + 1U;
    const bool different = render_width != frame.upscaled_width || render_height != frame.height;
    writer.flag(different); // render_and_frame_size_different
    if (different) {
        writer.bits(render_width - 1, 16);
        writer.bits(render_height - 1, 16);
    }
}

void write_intra_part(BitWriter& writer, const Av1FrameHeaderInput& input) {
    write_size(writer, input);
    if (input.frame.screen_content_tools && !input.frame.superres)
        writer.flag(input.frame.intrabc);
}

void write_inter_part(BitWriter& writer, const Av1FrameHeaderInput& input) {
    const Av1Frame& frame = input.frame;
    if (input.sequence.order_hint_bits > 0)
        writer.flag(false); // frame_refs_short_signaling
    for (const std::int8_t slot : input.control.ref_frame_idx)
        writer.bits(static_cast<std::uint8_t>(slot), 3);
    if (!frame.error_resilient)
        writer.bits(0, V4L2_AV1_REFS_PER_FRAME); // found_ref: the size is always written out
    write_size(writer, input);
    if (!frame.integer_mv)
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV));
    const std::uint32_t filter = control_value(input.control.interpolation_filter);
    const bool switchable = filter == V4L2_AV1_INTERPOLATION_FILTER_SWITCHABLE;
    writer.flag(switchable);
    if (!switchable)
        writer.bits(filter, 2);
    writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE));
    if (!frame.error_resilient && input.sequence.order_hint_bits > 0)
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS));
}

/// read_tx_mode() to reduced_tx_set
void write_modes(BitWriter& writer, const Av1FrameHeaderInput& input) {
    const Av1Frame& frame = input.frame;
    if (!frame.coded_lossless)
        writer.flag(control_value(input.control.tx_mode) == V4L2_AV1_TX_MODE_SELECT);
    if (!frame.intra)
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT));
    if (input.references.allow_skip_mode(frame, input.control, input.sequence.order_hint_bits))
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT));
    if (!frame.intra && !frame.error_resilient)
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION));
    writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET));
}

std::expected<Av1GlobalMotion, util::Error> write_motion(BitWriter& writer,
                                                         const Av1FrameHeaderInput& input) {
    const Av1Frame& frame = input.frame;
    if (frame.intra)
        return av1_default_global_motion();
    const bool high_precision =
        !frame.integer_mv && has_flag(input, V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV);
    if (frame.primary_ref == av1_primary_ref_none)
        return write_av1_global_motion(writer, input.control.global_motion, av1_default_global_motion(),
                                       high_precision);
    const Av1ReferenceSlot& primary =
        input.references[static_cast<std::uint8_t>(input.control.ref_frame_idx[frame.primary_ref])];
    return write_av1_global_motion(writer, input.control.global_motion,
                                   primary.filled ? primary.global_motion : av1_default_global_motion(),
                                   high_precision);
}

} // namespace

std::expected<void, util::Error> check_av1_references(const Av1Frame& frame,
                                                      const v4l2_ctrl_av1_frame& control) {
    ControlCheck check("AV1");
    if (!frame.intra)
        for (const std::int8_t slot : control.ref_frame_idx)
            check.in_range("ref_frame_idx", slot, 0, V4L2_AV1_TOTAL_REFS_PER_FRAME - 1);
    return check.result();
}

std::expected<Av1GlobalMotion, util::Error> write_av1_frame_header(BitWriter& writer,
                                                                   const Av1FrameHeaderInput& input) {
    const v4l2_ctrl_av1_frame& control = input.control;
    ControlCheck check("AV1");
    check.in_range("interpolation_filter", control_value(control.interpolation_filter),
                   V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP, V4L2_AV1_INTERPOLATION_FILTER_SWITCHABLE);
    check.in_range("tx_mode", control_value(control.tx_mode), V4L2_AV1_TX_MODE_ONLY_4X4,
                   V4L2_AV1_TX_MODE_SELECT);
    auto valid = check.result();

    write_beginning(writer, input);
    if (input.frame.intra)
        write_intra_part(writer, input);
    else
        write_inter_part(writer, input);
    if (!has_flag(input, V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE))
        writer.flag(has_flag(input, V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF));
    if (valid)
        valid = write_av1_tile_info(writer, input.sequence, input.frame, control.tile_info,
                                    input.tile_size_bytes);
    if (valid)
        valid = write_av1_quantization(writer, input.sequence, input.frame, control);
    if (valid)
        valid = write_av1_loop_filters(writer, input.sequence, input.frame, control);
    if (!valid)
        return std::unexpected(std::move(valid.error()));
    write_modes(writer, input);
    auto motion = write_motion(writer, input);
    if (!motion)
        return motion;
    if (auto grain = write_av1_film_grain(writer, input.sequence, input.frame, input.film_grain); !grain)
        return std::unexpected(std::move(grain.error()));
    return motion;
}

} // namespace daedalus::bitstream
