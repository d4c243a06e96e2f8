// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header.h"

#include "support/av1/frame_header_parser.h"

#include <algorithm>

namespace daedalus::test::av1 {

int FrameHeaderParser::relative_distance(uint32_t a, uint32_t b) const {
    if (!order_hints_enabled())
        return 0;
    const int m = 1 << (sequence_.control.order_hint_bits - 1);
    const int difference = static_cast<int>(a) - static_cast<int>(b);
    return (difference & (m - 1)) - (difference & m);
}

const SavedFrame* FrameHeaderParser::primary() const {
    return frame_.primary_ref_frame == primary_ref_none ? nullptr : &slot_of(frame_.primary_ref_frame);
}

void FrameHeaderParser::frame_kind() {
    if (sequence_.reduced_still_picture) {
        frame_.frame_type = V4L2_AV1_KEY_FRAME;
        set(V4L2_AV1_FRAME_FLAG_SHOW_FRAME | V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE, true);
        return;
    }
    frame_.frame_type = static_cast<v4l2_av1_frame_type>(reader_.bits(2));
    const bool shown = reader_.flag();
    set(V4L2_AV1_FRAME_FLAG_SHOW_FRAME, shown);
    if (shown && sequence_.decoder_model_info && !sequence_.equal_picture_interval)
        reader_.bits(sequence_.frame_presentation_time_bits);
    set(V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME, shown ? frame_.frame_type != V4L2_AV1_KEY_FRAME : reader_.flag());
    set(V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE,
        frame_.frame_type == V4L2_AV1_SWITCH_FRAME || header_.restarts() || reader_.flag());
}

void FrameHeaderParser::buffer_removal_times() {
    if (!sequence_.decoder_model_info)
        return;
    const bool present = reader_.flag();
    set(V4L2_AV1_FRAME_FLAG_BUFFER_REMOVAL_TIME_PRESENT, present);
    for (unsigned i = 0; present && i < sequence_.operating_points; ++i) {
        const OperatingPoint& point = sequence_.operating_point.at(i);
        const bool in_layers =
            (point.idc >> layer_.temporal & 1) != 0 && (point.idc >> (layer_.spatial + 8) & 1) != 0;
        if (point.decoder_model && (point.idc == 0 || in_layers))
            frame_.buffer_removal_time[i] =
                static_cast<uint32_t>(reader_.bits(sequence_.buffer_removal_time_bits));
    }
}

void FrameHeaderParser::frame_ids() {
    if (!sequence_.frame_ids)
        return;
    frame_.current_frame_id = static_cast<uint32_t>(reader_.bits(sequence_.frame_id_bits));
}

void FrameHeaderParser::ref_order_hints() {
    if (header_.intra() && frame_.refresh_frame_flags == refresh_all)
        return;
    if (!error_resilient() || !order_hints_enabled())
        return;
    for (SavedFrame& slot : slots_) {
        const auto hint = static_cast<uint32_t>(reader_.bits(sequence_.control.order_hint_bits));
        if (!slot.valid || slot.header.control.order_hint != hint)
            slot.valid = false;
        slot.header.control.order_hint = hint;
    }
}

void FrameHeaderParser::intra_references() {
    frame_size();
    render_size();
    if (has(V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS) &&
        frame_.upscaled_width == frame_.frame_width_minus_1 + 1)
        set(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC, reader_.flag());
}

void FrameHeaderParser::explicit_references() {
    const bool is_short = order_hints_enabled() && reader_.flag();
    set(V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING, is_short);
    if (is_short) {
        std::ranges::fill(frame_.ref_frame_idx, -1);
        frame_.ref_frame_idx[0] = static_cast<int8_t>(reader_.bits(3));
        frame_.ref_frame_idx[3] = static_cast<int8_t>(reader_.bits(3));
        set_frame_refs();
    }
    for (int8_t& index : frame_.ref_frame_idx) {
        if (!is_short)
            index = static_cast<int8_t>(reader_.bits(3));
        if (sequence_.frame_ids)
            reader_.bits(sequence_.delta_frame_id_bits);
    }
}

void FrameHeaderParser::inter_references() {
    explicit_references();
    if (has(V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE) && !error_resilient()) {
        frame_size_with_refs();
    } else {
        frame_size();
        render_size();
    }
    if (!has(V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV))
        set(V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV, reader_.flag());
    frame_.interpolation_filter = reader_.flag()
                                      ? V4L2_AV1_INTERPOLATION_FILTER_SWITCHABLE
                                      : static_cast<v4l2_av1_interpolation_filter>(reader_.bits(2));
    set(V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE, reader_.flag());
    if (!error_resilient() && sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS))
        set(V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS, reader_.flag());
    for (unsigned i = 0; i < V4L2_AV1_REFS_PER_FRAME; ++i)
        frame_.order_hints[V4L2_AV1_REF_LAST_FRAME + i] = hint_of(i);
}

/** setup_past_independence() or load_previous(), which later parts then change. */
void FrameHeaderParser::load_defaults() {
    if (const SavedFrame* previous = primary()) {
        const v4l2_ctrl_av1_frame& saved = previous->header.control;
        std::ranges::copy(saved.loop_filter.ref_deltas, frame_.loop_filter.ref_deltas);
        std::ranges::copy(saved.loop_filter.mode_deltas, frame_.loop_filter.mode_deltas);
        std::ranges::copy(saved.segmentation.feature_enabled, frame_.segmentation.feature_enabled);
        for (unsigned i = 0; i < V4L2_AV1_MAX_SEGMENTS; ++i)
            std::ranges::copy(saved.segmentation.feature_data[i], frame_.segmentation.feature_data[i]);
        return;
    }
    constexpr std::array<int8_t, V4L2_AV1_TOTAL_REFS_PER_FRAME> deltas = {1, 0, 0, 0, -1, 0, -1, -1};
    std::ranges::copy(deltas, frame_.loop_filter.ref_deltas);
}

FrameHeader FrameHeaderParser::parse() {
    if (!sequence_.reduced_still_picture && reader_.flag()) {
        header_.show_existing_frame = true;
        header_.frame_to_show = static_cast<unsigned>(reader_.bits(3));
        return header_; // what follows is timing and ids
    }
    frame_kind();
    if (header_.restarts())
        slots_ = Slots{};
    set(V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE, reader_.flag());
    const unsigned tools = sequence_.screen_content_tools;
    const bool screen_content = tools == select_per_frame ? reader_.flag() : tools != 0;
    set(V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS, screen_content);
    const bool integer_mv =
        screen_content &&
        (sequence_.integer_mv == select_per_frame ? reader_.flag() : sequence_.integer_mv != 0);
    set(V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV, integer_mv || header_.intra());
    frame_ids();
    const bool switches = frame_.frame_type == V4L2_AV1_SWITCH_FRAME;
    set(V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE,
        switches || (!sequence_.reduced_still_picture && reader_.flag()));
    frame_.order_hint = static_cast<uint32_t>(reader_.bits(sequence_.control.order_hint_bits));
    frame_.primary_ref_frame =
        header_.intra() || error_resilient() ? primary_ref_none : static_cast<uint8_t>(reader_.bits(3));
    buffer_removal_times();
    frame_.refresh_frame_flags =
        switches || header_.restarts() ? refresh_all : static_cast<uint8_t>(reader_.bits(8));
    ref_order_hints();
    if (header_.intra())
        intra_references();
    else
        inter_references();
    set(V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF,
        sequence_.reduced_still_picture || has(V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE) || reader_.flag());
    load_defaults();
    tile_info();
    quantization_params();
    segmentation_params();
    delta_params();
    lossless();
    loop_filter_params();
    cdef_params();
    lr_params();
    frame_.tx_mode = coded_lossless_  ? V4L2_AV1_TX_MODE_ONLY_4X4
                     : reader_.flag() ? V4L2_AV1_TX_MODE_SELECT
                                      : V4L2_AV1_TX_MODE_LARGEST;
    if (!header_.intra())
        set(V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT, reader_.flag());
    skip_mode_params();
    if (!header_.intra() && !error_resilient() && sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION))
        set(V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION, reader_.flag());
    set(V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET, reader_.flag());
    global_motion_params();
    film_grain_params();
    return header_;
}

std::expected<FrameHeader, std::string> parse_frame_header(BitReader& reader, const SequenceHeader& sequence,
                                                           const Slots& slots, Layer layer) {
    FrameHeader header = FrameHeaderParser(reader, sequence, slots, layer).parse();
    if (!reader.ok())
        return std::unexpected("a frame header ends early");
    return header;
}

} // namespace daedalus::test::av1
