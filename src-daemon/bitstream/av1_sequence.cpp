// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_sequence.h"

#include <cerrno>

#include "bitstream/bit_writer.h"
#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr std::uint8_t profile_high = 1;         // 4:4:4
constexpr std::uint8_t profile_professional = 2; // 4:2:2, or 12 bits of anything

std::expected<void, util::Error> check(const v4l2_ctrl_av1_sequence& control) {
    ControlCheck check("AV1");
    check.in_range("seq_profile", control.seq_profile, 0, profile_professional);
    if (control.seq_profile == profile_professional)
        check.in_range("bit_depth", control.bit_depth, 8, 12);
    else
        check.in_range("bit_depth", control.bit_depth, 8, 10);
    if (control.bit_depth % 2 != 0)
        check.in_range("bit_depth", control.bit_depth, 8, 8);
    if ((control.flags & V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT) != 0)
        check.in_range("order_hint_bits", control.order_hint_bits, 1, 8);
    return check.result();
}

/// color_config() (5.5.2)
void write_color_config(BitWriter& writer, const Av1Sequence& sequence) {
    writer.flag(sequence.bit_depth > 8); // high_bitdepth
    if (sequence.profile == profile_professional && sequence.bit_depth > 8)
        writer.flag(sequence.bit_depth == 12); // twelve_bit
    if (sequence.profile != profile_high)
        writer.flag(sequence.monochrome);
    writer.flag(false); // color_description_present_flag
    writer.flag(sequence.full_range);
    if (sequence.monochrome)
        return;
    if (sequence.profile == profile_professional && sequence.bit_depth == 12) {
        writer.flag(sequence.subsampling_x);
        if (sequence.subsampling_x)
            writer.flag(sequence.subsampling_y);
    }
    if (sequence.subsampling_x && sequence.subsampling_y)
        writer.bits(0, 2); // chroma_sample_position: unknown
    writer.flag(true);     // separate_uv_delta_q
}

} // namespace

std::expected<Av1Sequence, util::Error> make_av1_sequence(const v4l2_ctrl_av1_sequence& control) {
    if (auto valid = check(control); !valid)
        return std::unexpected(std::move(valid.error()));
    const auto flag = [&](std::uint32_t mask) { return (control.flags & mask) != 0; };
    const bool order_hint = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT);
    Av1Sequence sequence{
        .profile = control.seq_profile,
        .bit_depth = control.bit_depth,
        .monochrome = control.seq_profile != profile_high && flag(V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME),
        .subsampling_x = flag(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X),
        .subsampling_y = flag(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y),
        .full_range = flag(V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE),
        .superblocks_128 = flag(V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK),
        .filter_intra = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA),
        .intra_edge_filter = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER),
        .interintra_compound = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND),
        .masked_compound = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND),
        .dual_filter = flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER),
        .jnt_comp = order_hint && flag(V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP),
        .order_hint_bits = order_hint ? control.order_hint_bits : 0U,
    };
    // Only 12-bit video has a choice; elsewhere the profile says it all.
    if (sequence.monochrome || sequence.profile == 0)
        sequence.subsampling_x = sequence.subsampling_y = true;
    else if (sequence.profile == profile_high)
        sequence.subsampling_x = sequence.subsampling_y = false;
    else if (sequence.bit_depth < 12) {
        sequence.subsampling_x = true;
        sequence.subsampling_y = false;
    }
    sequence.subsampling_y = sequence.subsampling_y && sequence.subsampling_x;
    return sequence;
}

std::vector<std::uint8_t> write_av1_sequence_header(const Av1Sequence& sequence) {
    constexpr unsigned size_bits = 16;
    BitWriter writer;
    writer.bits(sequence.profile, 3);
    writer.flag(false); // still_picture
    writer.flag(false); // reduced_still_picture_header
    writer.flag(false); // timing_info_present_flag
    writer.flag(false); // initial_display_delay_present_flag
    writer.bits(0, 5);  // operating_points_cnt_minus_1
    writer.bits(0, 12); // operating_point_idc: no layers, so that none is dropped
    writer.bits(31, 5); // seq_level_idx: no limits
    writer.flag(false); // seq_tier
    writer.bits(size_bits - 1, 4);
    writer.bits(size_bits - 1, 4);
    writer.bits(0xffff, size_bits); // max_frame_width_minus_1: every frame header has its own
    writer.bits(0xffff, size_bits); // max_frame_height_minus_1
    writer.flag(false);             // frame_id_numbers_present_flag
    writer.flag(sequence.superblocks_128);
    writer.flag(sequence.filter_intra);
    writer.flag(sequence.intra_edge_filter);
    writer.flag(sequence.interintra_compound);
    writer.flag(sequence.masked_compound);
    writer.flag(true); // enable_warped_motion
    writer.flag(sequence.dual_filter);
    writer.flag(sequence.order_hint_bits > 0);
    if (sequence.order_hint_bits > 0) {
        writer.flag(sequence.jnt_comp);
        writer.flag(true); // enable_ref_frame_mvs
    }
    writer.flag(true); // seq_choose_screen_content_tools: each frame does
    writer.flag(true); // seq_choose_integer_mv: each frame does
    if (sequence.order_hint_bits > 0)
        writer.bits(sequence.order_hint_bits - 1, 3);
    writer.flag(true); // enable_superres
    writer.flag(true); // enable_cdef
    writer.flag(true); // enable_restoration
    write_color_config(writer, sequence);
    writer.flag(true); // film_grain_params_present
    writer.trailing_bits();
    return writer.take();
}

} // namespace daedalus::bitstream
