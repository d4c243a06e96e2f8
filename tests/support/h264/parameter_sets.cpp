// SPDX-License-Identifier: BSD-2-Clause
#include "parameter_sets.h"

#include "bit_reader.h"

#include <bit>

namespace daedalus::test::h264 {

namespace {

unsigned coded_8x8_lists(const v4l2_ctrl_h264_sps& sps) {
    return sps.chroma_format_idc == 3 ? 6 : 2;
}

void read_high_profile_fields(BitReader& reader, Sps& sps) {
    v4l2_ctrl_h264_sps& control = sps.control;
    control.chroma_format_idc = static_cast<uint8_t>(reader.unsigned_golomb(3));
    if (control.chroma_format_idc == 3 && reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE;
    control.bit_depth_luma_minus8 = static_cast<uint8_t>(reader.unsigned_golomb(6));
    control.bit_depth_chroma_minus8 = static_cast<uint8_t>(reader.unsigned_golomb(6));
    if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS;
    sps.scaling_matrix_present = reader.flag();
    if (sps.scaling_matrix_present)
        sps.scaling_lists = read_scaling_lists(reader, coded_8x8_lists(control), nullptr);
}

void read_picture_order(BitReader& reader, v4l2_ctrl_h264_sps& control) {
    control.pic_order_cnt_type = static_cast<uint8_t>(reader.unsigned_golomb(2));
    if (control.pic_order_cnt_type == 0) {
        control.log2_max_pic_order_cnt_lsb_minus4 = static_cast<uint8_t>(reader.unsigned_golomb(12));
        return;
    }
    if (control.pic_order_cnt_type != 1)
        return;
    if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO;
    control.offset_for_non_ref_pic = reader.signed_golomb();
    control.offset_for_top_to_bottom_field = reader.signed_golomb();
    control.num_ref_frames_in_pic_order_cnt_cycle = static_cast<uint8_t>(reader.unsigned_golomb(255));
    for (unsigned i = 0; i < control.num_ref_frames_in_pic_order_cnt_cycle; i++)
        control.offset_for_ref_frame[i] = reader.signed_golomb();
}

/** The syntax of 7.3.2.2 from slice_group_map_type on; only the header's needs are kept. */
void read_slice_groups(BitReader& reader, Pps& pps) {
    const unsigned groups = pps.control.num_slice_groups_minus1 + 1U;
    pps.slice_group_map_type = reader.unsigned_golomb(6);
    switch (pps.slice_group_map_type) {
    case 0:
        for (unsigned i = 0; i < groups; i++)
            reader.unsigned_golomb();
        break;
    case 2:
        for (unsigned i = 0; i + 1 < groups; i++) {
            reader.unsigned_golomb();
            reader.unsigned_golomb();
        }
        break;
    case 3:
    case 4:
    case 5:
        reader.flag();
        pps.slice_group_change_rate = reader.unsigned_golomb() + 1;
        break;
    case 6: {
        const uint32_t units = reader.unsigned_golomb(1U << 20) + 1;
        const auto width = static_cast<unsigned>(std::bit_width(groups - 1));
        for (uint32_t i = 0; i < units && reader.ok(); i++)
            reader.bits(width);
        break;
    }
    default:
        break;
    }
}

void read_flag(BitReader& reader, uint16_t& flags, uint16_t flag) {
    if (reader.flag())
        flags |= flag;
}

} // namespace

CropRectangle crop_rectangle(const Sps& sps) {
    const uint32_t chroma = sps.chroma_array_type();
    const uint32_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    const uint32_t unit_y = (chroma == 1 ? 2U : 1U) * (sps.frame_mbs_only() ? 1U : 2U);
    const uint32_t cut_x = unit_x * (sps.crop_left + sps.crop_right);
    const uint32_t cut_y = unit_y * (sps.crop_top + sps.crop_bottom);
    if (cut_x >= sps.coded_width() || cut_y >= sps.coded_height())
        return {.width = sps.coded_width(), .height = sps.coded_height()};
    return {.left = unit_x * sps.crop_left,
            .top = unit_y * sps.crop_top,
            .width = sps.coded_width() - cut_x,
            .height = sps.coded_height() - cut_y};
}

std::optional<Sps> parse_sps(std::span<const uint8_t> rbsp) {
    BitReader reader(rbsp);
    Sps sps;
    v4l2_ctrl_h264_sps& control = sps.control;
    control.profile_idc = static_cast<uint8_t>(reader.bits(8));
    for (unsigned i = 0; i < 6; i++)
        if (reader.flag())
            control.constraint_set_flags |= static_cast<uint8_t>(1U << i);
    reader.bits(2);
    control.level_idc = static_cast<uint8_t>(reader.bits(8));
    control.seq_parameter_set_id = static_cast<uint8_t>(reader.unsigned_golomb(31));
    control.chroma_format_idc = 1;
    sps.scaling_lists = flat_scaling_lists();
    if (V4L2_H264_SPS_HAS_CHROMA_FORMAT(&control))
        read_high_profile_fields(reader, sps);
    control.log2_max_frame_num_minus4 = static_cast<uint8_t>(reader.unsigned_golomb(12));
    read_picture_order(reader, control);
    control.max_num_ref_frames = static_cast<uint8_t>(reader.unsigned_golomb(16));
    if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED;
    control.pic_width_in_mbs_minus1 = static_cast<uint16_t>(reader.unsigned_golomb(1023));
    control.pic_height_in_map_units_minus1 = static_cast<uint16_t>(reader.unsigned_golomb(1023));
    if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY;
    else if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD;
    if (reader.flag())
        control.flags |= V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE;
    if (reader.flag()) {
        sps.crop_left = reader.unsigned_golomb(16383);
        sps.crop_right = reader.unsigned_golomb(16383);
        sps.crop_top = reader.unsigned_golomb(16383);
        sps.crop_bottom = reader.unsigned_golomb(16383);
    }
    if (!reader.ok())
        return std::nullopt;
    return sps;
}

std::optional<uint8_t> pps_refers_to(std::span<const uint8_t> rbsp) {
    BitReader reader(rbsp);
    reader.unsigned_golomb(255);
    const auto id = static_cast<uint8_t>(reader.unsigned_golomb(31));
    if (!reader.ok())
        return std::nullopt;
    return id;
}

std::optional<Pps> parse_pps(std::span<const uint8_t> rbsp, const Sps& sps) {
    BitReader reader(rbsp);
    Pps pps;
    v4l2_ctrl_h264_pps& control = pps.control;
    control.pic_parameter_set_id = static_cast<uint8_t>(reader.unsigned_golomb(255));
    control.seq_parameter_set_id = static_cast<uint8_t>(reader.unsigned_golomb(31));
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE);
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT);
    control.num_slice_groups_minus1 = static_cast<uint8_t>(reader.unsigned_golomb(7));
    if (control.num_slice_groups_minus1 > 0)
        read_slice_groups(reader, pps);
    control.num_ref_idx_l0_default_active_minus1 = static_cast<uint8_t>(reader.unsigned_golomb(31));
    control.num_ref_idx_l1_default_active_minus1 = static_cast<uint8_t>(reader.unsigned_golomb(31));
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_WEIGHTED_PRED);
    control.weighted_bipred_idc = static_cast<uint8_t>(reader.bits(2));
    control.pic_init_qp_minus26 = static_cast<int8_t>(reader.signed_golomb());
    control.pic_init_qs_minus26 = static_cast<int8_t>(reader.signed_golomb());
    control.chroma_qp_index_offset = static_cast<int8_t>(reader.signed_golomb());
    control.second_chroma_qp_index_offset = control.chroma_qp_index_offset;
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT);
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED);
    read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT);
    pps.scaling_lists = sps.scaling_lists;
    if (reader.more_data()) {
        read_flag(reader, control.flags, V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE);
        pps.scaling_matrix_present = reader.flag();
        if (pps.scaling_matrix_present) {
            const bool has_8x8 = (control.flags & V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE) != 0;
            pps.scaling_lists = read_scaling_lists(reader, has_8x8 ? coded_8x8_lists(sps.control) : 0,
                                                   sps.scaling_matrix_present ? &sps.scaling_lists : nullptr);
        }
        control.second_chroma_qp_index_offset = static_cast<int8_t>(reader.signed_golomb());
    }
    if (sps.scaling_matrix_present || pps.scaling_matrix_present)
        control.flags |= V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT;
    if (!reader.ok())
        return std::nullopt;
    return pps;
}

bool ParameterSets::add_sps(std::span<const uint8_t> rbsp) {
    std::optional<Sps> sps = parse_sps(rbsp);
    if (!sps)
        return false;
    sps_[sps->control.seq_parameter_set_id] = *sps;
    return true;
}

bool ParameterSets::add_pps(std::span<const uint8_t> rbsp) {
    BitReader reader(rbsp);
    const uint32_t id = reader.unsigned_golomb(255);
    if (!reader.ok())
        return false;
    pps_[id].assign(rbsp.begin(), rbsp.end());
    return true;
}

const Sps* ParameterSets::sps(unsigned id) const {
    return id < sps_.size() && sps_[id] ? &*sps_[id] : nullptr;
}

std::optional<Pps> ParameterSets::pps(unsigned id) const {
    if (id >= pps_.size() || pps_[id].empty())
        return std::nullopt;
    const std::optional<uint8_t> sps_id = pps_refers_to(pps_[id]);
    const Sps* active = sps_id ? sps(*sps_id) : nullptr;
    return active != nullptr ? parse_pps(pps_[id], *active) : std::nullopt;
}

} // namespace daedalus::test::h264
