// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/h264_parameter_sets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>
#include <utility>

#include "bitstream/bit_writer.h"
#include "bitstream/control_check.h"
#include "bitstream/h264_scaling_lists.h"
#include "bitstream/nal_unit.h"

namespace daedalus::bitstream {
namespace {

constexpr std::uint8_t nal_sps = 0x67; // nal_ref_idc 3, nal_unit_type 7
constexpr std::uint8_t nal_pps = 0x68; // nal_ref_idc 3, nal_unit_type 8

constexpr std::uint8_t profile_baseline = 66;
constexpr std::uint8_t profile_main = 77;
constexpr std::uint8_t profile_extended = 88;
constexpr std::uint8_t profile_high = 100;
constexpr std::uint8_t profile_high_444_predictive = 244;

constexpr std::uint8_t chroma_420 = 1;
constexpr std::uint8_t chroma_444 = 3;

/// The profiles whose SPS holds chroma_format_idc, bit depths and the transform bypass (7.3.2.1.1).
bool has_high_syntax(std::uint8_t profile_idc) {
    constexpr std::array<std::uint8_t, 13> profiles = {100, 110, 122, 244, 44,  83, 86,
                                                       118, 128, 138, 139, 134, 135};
    return std::ranges::find(profiles, profile_idc) != profiles.end();
}

/// What the SPS says about samples, once a profile was found that can say it.
struct Profile {
    std::uint8_t idc;
    std::uint8_t constraint_set_flags;
    std::uint8_t chroma_format_idc;
};

Profile choose_profile(const v4l2_ctrl_h264_sps& sps, bool pps_extension) {
    if (has_high_syntax(sps.profile_idc))
        return {sps.profile_idc, sps.constraint_set_flags, sps.chroma_format_idc};
    // Without the syntax 4:2:0 is inferred, so a client may have left the field zero.
    const std::uint8_t chroma = std::max(sps.chroma_format_idc, chroma_420);
    if (chroma > chroma_420 || sps.bit_depth_luma_minus8 > 0 || sps.bit_depth_chroma_minus8 > 0 ||
        (sps.flags & V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS) != 0 || sps.profile_idc == 144)
        return {profile_high_444_predictive, 0, chroma}; // 144 is the withdrawn High 4:4:4
    const bool old = sps.profile_idc == profile_baseline || sps.profile_idc == profile_main ||
                     sps.profile_idc == profile_extended;
    if (pps_extension && old) // libavcodec does not read the extension of these
        return {profile_high, 0, chroma};
    return {sps.profile_idc, sps.constraint_set_flags, chroma};
}

/// se(v) codes every 32-bit value but -2^31.
constexpr std::int32_t lowest_offset = std::numeric_limits<std::int32_t>::min() + 1;
constexpr std::int32_t highest_offset = std::numeric_limits<std::int32_t>::max();

/// The offsets of a picture order count of type 1. The array has 255 elements, so that an 8-bit count can't
/// go past its end.
std::span<const std::int32_t> reference_offsets(const v4l2_ctrl_h264_sps& sps) {
    return std::span(sps.offset_for_ref_frame).first(sps.num_ref_frames_in_pic_order_cnt_cycle);
}

std::expected<void, util::Error> check(const v4l2_ctrl_h264_sps& sps) {
    ControlCheck check("H.264");
    check.in_range("seq_parameter_set_id", sps.seq_parameter_set_id, 0, 31);
    check.in_range("chroma_format_idc", sps.chroma_format_idc, 0, chroma_444);
    check.in_range("bit_depth_luma_minus8", sps.bit_depth_luma_minus8, 0, 6);
    check.in_range("bit_depth_chroma_minus8", sps.bit_depth_chroma_minus8, 0, 6);
    check.in_range("log2_max_frame_num_minus4", sps.log2_max_frame_num_minus4, 0, 12);
    check.in_range("pic_order_cnt_type", sps.pic_order_cnt_type, 0, 2);
    check.in_range("max_num_ref_frames", sps.max_num_ref_frames, 0, V4L2_H264_NUM_DPB_ENTRIES);
    if (sps.pic_order_cnt_type == 0)
        check.in_range("log2_max_pic_order_cnt_lsb_minus4", sps.log2_max_pic_order_cnt_lsb_minus4, 0, 12);
    if (sps.pic_order_cnt_type == 1) {
        check.in_range("offset_for_non_ref_pic", sps.offset_for_non_ref_pic, lowest_offset, highest_offset);
        check.in_range("offset_for_top_to_bottom_field", sps.offset_for_top_to_bottom_field, lowest_offset,
                       highest_offset);
        for (const std::int32_t offset : reference_offsets(sps))
            check.in_range("offset_for_ref_frame", offset, lowest_offset, highest_offset);
    }
    return check.result();
}

std::expected<void, util::Error> check(const v4l2_ctrl_h264_pps& pps) {
    if (pps.num_slice_groups_minus1 > 0)
        return util::fail(EOPNOTSUPP, "H.264 controls: slice groups (FMO) are not supported");
    constexpr int last_reference = V4L2_H264_REF_LIST_LEN - 1;
    ControlCheck check("H.264");
    check.in_range("seq_parameter_set_id of the PPS", pps.seq_parameter_set_id, 0, 31);
    check.in_range("num_ref_idx_l0_default_active_minus1", pps.num_ref_idx_l0_default_active_minus1, 0,
                   last_reference);
    check.in_range("num_ref_idx_l1_default_active_minus1", pps.num_ref_idx_l1_default_active_minus1, 0,
                   last_reference);
    check.in_range("weighted_bipred_idc", pps.weighted_bipred_idc, 0, 2);
    check.in_range("pic_init_qp_minus26", pps.pic_init_qp_minus26, -(26 + 6 * 6), 25);
    check.in_range("pic_init_qs_minus26", pps.pic_init_qs_minus26, -26, 25);
    check.in_range("chroma_qp_index_offset", pps.chroma_qp_index_offset, -12, 12);
    check.in_range("second_chroma_qp_index_offset", pps.second_chroma_qp_index_offset, -12, 12);
    return check.result();
}

/// vui_parameters() with nothing but a bitstream restriction (E.1.1): libavcodec takes the number of pictures
/// that it holds back from it, and without it guesses a number from the level or from what comes.
void write_vui(BitWriter& writer, const v4l2_ctrl_h264_sps& sps) {
    writer.bits(0, 4); // aspect_ratio_info, overscan_info, video_signal_type, chroma_loc_info present flags
    writer.bits(0, 4); // timing_info, nal_hrd_parameters, vcl_hrd_parameters, pic_struct present flags
    writer.flag(true); // bitstream_restriction_flag
    writer.flag(true); // motion_vectors_over_pic_boundaries_flag
    writer.ue(0);      // max_bytes_per_pic_denom: no limit
    writer.ue(0);      // max_bits_per_mb_denom: no limit
    writer.ue(15);     // log2_max_mv_length_horizontal: the widest
    writer.ue(15);     // log2_max_mv_length_vertical
    writer.ue(0);      // max_num_reorder_frames
    writer.ue(sps.max_num_ref_frames); // max_dec_frame_buffering: no fewer than this are allowed
}

void write_picture_order(BitWriter& writer, const v4l2_ctrl_h264_sps& sps) {
    writer.ue(sps.pic_order_cnt_type);
    if (sps.pic_order_cnt_type == 0) {
        writer.ue(sps.log2_max_pic_order_cnt_lsb_minus4);
    } else if (sps.pic_order_cnt_type == 1) {
        writer.flag((sps.flags & V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO) != 0);
        writer.se(sps.offset_for_non_ref_pic);
        writer.se(sps.offset_for_top_to_bottom_field);
        writer.ue(sps.num_ref_frames_in_pic_order_cnt_cycle);
        for (const std::int32_t offset : reference_offsets(sps))
            writer.se(offset);
    }
}

/// seq_parameter_set_rbsp() (7.3.2.1)
std::vector<std::uint8_t> write_sps(const v4l2_ctrl_h264_sps& sps, const Profile& profile) {
    BitWriter writer;
    writer.bits(profile.idc, 8);
    for (unsigned set = 0; set < 6; ++set) // the control has constraint_set0_flag in bit 0
        writer.flag((profile.constraint_set_flags >> set & 1) != 0);
    writer.bits(0, 2); // reserved_zero_2bits
    writer.bits(sps.level_idc, 8);
    writer.ue(sps.seq_parameter_set_id);
    if (has_high_syntax(profile.idc)) {
        writer.ue(profile.chroma_format_idc);
        if (profile.chroma_format_idc == chroma_444)
            writer.flag((sps.flags & V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE) != 0);
        writer.ue(sps.bit_depth_luma_minus8);
        // Without chroma the control may say anything of it (7.4.2.1.1), but libavcodec wants both alike.
        writer.ue(profile.chroma_format_idc == 0 ? sps.bit_depth_luma_minus8 : sps.bit_depth_chroma_minus8);
        writer.flag((sps.flags & V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS) != 0);
        writer.flag(false); // seq_scaling_matrix_present_flag: the lists are in the PPS
    }
    writer.ue(sps.log2_max_frame_num_minus4);
    write_picture_order(writer, sps);
    writer.ue(sps.max_num_ref_frames);
    writer.flag((sps.flags & V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED) != 0);
    writer.ue(sps.pic_width_in_mbs_minus1);
    writer.ue(sps.pic_height_in_map_units_minus1);
    const bool frame_mbs_only = (sps.flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) != 0;
    writer.flag(frame_mbs_only);
    if (!frame_mbs_only)
        writer.flag((sps.flags & V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD) != 0);
    writer.flag((sps.flags & V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE) != 0);
    writer.flag(false); // frame_cropping_flag
    writer.flag(true);  // vui_parameters_present_flag
    write_vui(writer, sps);
    writer.trailing_bits();
    return writer.take();
}

/// Which parts of the PPS's extension, absent in the first edition of the standard, are needed.
struct PpsExtension {
    bool present;
    bool scaling_lists;
    ScalingListUse use;
};

PpsExtension choose_extension(const v4l2_ctrl_h264_sps& sps, const v4l2_ctrl_h264_pps& pps,
                              const v4l2_ctrl_h264_scaling_matrix* matrix) {
    const bool transform_8x8 = (pps.flags & V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE) != 0;
    const unsigned lists_8x8 = sps.chroma_format_idc == chroma_444 ? 6 : 2;
    const ScalingListUse use{transform_8x8 ? lists_8x8 : 0};
    const bool lists = scaling_lists_needed(matrix, use);
    const bool present =
        transform_8x8 || lists || pps.second_chroma_qp_index_offset != pps.chroma_qp_index_offset;
    return {present, lists, use};
}

/// pic_parameter_set_rbsp() (7.3.2.2)
std::expected<std::vector<std::uint8_t>, util::Error> write_pps(const v4l2_ctrl_h264_pps& pps,
                                                                const PpsExtension& extension,
                                                                const v4l2_ctrl_h264_scaling_matrix* matrix) {
    BitWriter writer;
    const auto flag = [&](std::uint16_t mask) { writer.flag((pps.flags & mask) != 0); };
    writer.ue(pps.pic_parameter_set_id);
    writer.ue(pps.seq_parameter_set_id);
    flag(V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE);
    flag(V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT);
    writer.ue(0); // num_slice_groups_minus1
    writer.ue(pps.num_ref_idx_l0_default_active_minus1);
    writer.ue(pps.num_ref_idx_l1_default_active_minus1);
    flag(V4L2_H264_PPS_FLAG_WEIGHTED_PRED);
    writer.bits(pps.weighted_bipred_idc, 2);
    writer.se(pps.pic_init_qp_minus26);
    writer.se(pps.pic_init_qs_minus26);
    writer.se(pps.chroma_qp_index_offset);
    flag(V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT);
    flag(V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED);
    flag(V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT);
    if (extension.present) {
        flag(V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE);
        writer.flag(extension.scaling_lists); // pic_scaling_matrix_present_flag
        if (extension.scaling_lists)
            if (auto written = write_scaling_lists(writer, *matrix, extension.use); !written)
                return std::unexpected(std::move(written.error()));
        writer.se(pps.second_chroma_qp_index_offset);
    }
    writer.trailing_bits();
    return writer.take();
}

} // namespace

std::expected<std::vector<std::uint8_t>, util::Error>
h264_parameter_sets(const v4l2_ctrl_h264_sps& sps, const v4l2_ctrl_h264_pps& pps,
                    const v4l2_ctrl_h264_scaling_matrix* scaling_matrix) {
    if (auto valid = check(sps); !valid)
        return std::unexpected(std::move(valid.error()));
    if (auto valid = check(pps); !valid)
        return std::unexpected(std::move(valid.error()));
    const PpsExtension extension = choose_extension(sps, pps, scaling_matrix);
    auto pps_rbsp = write_pps(pps, extension, scaling_matrix);
    if (!pps_rbsp)
        return std::unexpected(std::move(pps_rbsp.error()));

    std::vector<std::uint8_t> out;
    append_nal_unit(out, nal_sps, write_sps(sps, choose_profile(sps, extension.present)));
    append_nal_unit(out, nal_pps, *pps_rbsp);
    return out;
}

} // namespace daedalus::bitstream
