// SPDX-License-Identifier: BSD-2-Clause
#include "slice_header.h"

#include "bit_reader.h"

#include <algorithm>
#include <bit>

namespace daedalus::test::h264 {

namespace {

constexpr uint32_t max_marking_operations = 66; // more can't be meant by any encoder

bool is_type(const SliceHeader& header, uint32_t type) {
    return header.type == type;
}

bool is_inter(const SliceHeader& header) {
    return is_type(header, V4L2_H264_SLICE_TYPE_P) || is_type(header, V4L2_H264_SLICE_TYPE_SP) ||
           is_type(header, V4L2_H264_SLICE_TYPE_B);
}

void read_picture_order(BitReader& reader, SliceHeader& header, const Sps& sps, const Pps& pps) {
    const size_t begin = reader.position();
    if (sps.control.pic_order_cnt_type == 0) {
        header.pic_order_cnt_lsb = reader.bits(sps.control.log2_max_pic_order_cnt_lsb_minus4 + 4U);
        if (pps.bottom_field_pic_order() && !header.field_pic)
            header.delta_pic_order_cnt_bottom = reader.signed_golomb();
    } else if (sps.control.pic_order_cnt_type == 1 &&
               (sps.control.flags & V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO) == 0) {
        header.delta_pic_order_cnt[0] = reader.signed_golomb();
        if (pps.bottom_field_pic_order() && !header.field_pic)
            header.delta_pic_order_cnt[1] = reader.signed_golomb();
    }
    header.pic_order_cnt_bit_size = static_cast<uint32_t>(reader.position() - begin);
}

void read_reference_counts(BitReader& reader, SliceHeader& header, const Pps& pps) {
    header.num_ref_idx_l0_active_minus1 = pps.control.num_ref_idx_l0_default_active_minus1;
    header.num_ref_idx_l1_active_minus1 = pps.control.num_ref_idx_l1_default_active_minus1;
    if (!is_inter(header) || !reader.flag())
        return;
    header.num_ref_idx_l0_active_minus1 = reader.unsigned_golomb(31);
    if (is_type(header, V4L2_H264_SLICE_TYPE_B))
        header.num_ref_idx_l1_active_minus1 = reader.unsigned_golomb(31);
}

/** ref_pic_list_modification() (7.3.3.1): frame-based decoders read it from the slice themselves. */
void skip_list_modification(BitReader& reader, const SliceHeader& header) {
    const unsigned lists = is_type(header, V4L2_H264_SLICE_TYPE_B) ? 2 : 1;
    for (unsigned list = 0; list < lists; list++) {
        if (!reader.flag())
            continue;
        while (reader.ok() && reader.unsigned_golomb(5) != 3)
            reader.unsigned_golomb();
    }
}

void read_weights(BitReader& reader, v4l2_h264_weight_factors& factors, uint32_t count,
                  const v4l2_ctrl_h264_pred_weights& table, bool chroma) {
    for (uint32_t i = 0; i < count; i++) {
        factors.luma_weight[i] = static_cast<int16_t>(1 << table.luma_log2_weight_denom);
        if (reader.flag()) {
            factors.luma_weight[i] = static_cast<int16_t>(reader.signed_golomb());
            factors.luma_offset[i] = static_cast<int16_t>(reader.signed_golomb());
        }
        if (!chroma)
            continue;
        const bool coded = reader.flag();
        for (unsigned plane = 0; plane < 2; plane++) {
            factors.chroma_weight[i][plane] = static_cast<int16_t>(1 << table.chroma_log2_weight_denom);
            if (!coded)
                continue;
            factors.chroma_weight[i][plane] = static_cast<int16_t>(reader.signed_golomb());
            factors.chroma_offset[i][plane] = static_cast<int16_t>(reader.signed_golomb());
        }
    }
}

/** pred_weight_table() (7.3.3.2). */
void read_pred_weight_table(BitReader& reader, SliceHeader& header, const Sps& sps) {
    v4l2_ctrl_h264_pred_weights& table = header.pred_weights;
    const bool chroma = sps.chroma_array_type() != 0;
    header.has_pred_weights = true;
    table.luma_log2_weight_denom = static_cast<uint16_t>(reader.unsigned_golomb(7));
    if (chroma)
        table.chroma_log2_weight_denom = static_cast<uint16_t>(reader.unsigned_golomb(7));
    read_weights(reader, table.weight_factors[0], header.num_ref_idx_l0_active_minus1 + 1, table, chroma);
    if (is_type(header, V4L2_H264_SLICE_TYPE_B))
        read_weights(reader, table.weight_factors[1], header.num_ref_idx_l1_active_minus1 + 1, table, chroma);
}

MarkingOperation read_marking_operation(BitReader& reader, uint32_t operation) {
    MarkingOperation result{.operation = operation};
    if (operation == 1 || operation == 3)
        result.difference_of_pic_nums_minus1 = reader.unsigned_golomb();
    if (operation == 2)
        result.long_term_pic_num = reader.unsigned_golomb();
    if (operation == 3 || operation == 6)
        result.long_term_frame_idx = reader.unsigned_golomb(15);
    if (operation == 4)
        result.max_long_term_frame_idx_plus1 = reader.unsigned_golomb(16);
    return result;
}

/** dec_ref_pic_marking() (7.3.3.3). */
void read_marking(BitReader& reader, SliceHeader& header) {
    const size_t begin = reader.position();
    if (header.is_idr()) {
        header.no_output_of_prior_pics = reader.flag();
        header.long_term_reference = reader.flag();
    } else {
        header.adaptive_marking = reader.flag();
        while (header.adaptive_marking && header.marking.size() < max_marking_operations) {
            const uint32_t operation = reader.unsigned_golomb(6);
            if (operation == 0)
                break;
            header.marking.push_back(read_marking_operation(reader, operation));
        }
    }
    header.dec_ref_pic_marking_bit_size = static_cast<uint32_t>(reader.position() - begin);
}

void read_quantiser_and_filter(BitReader& reader, SliceHeader& header, const Pps& pps) {
    const bool switching =
        is_type(header, V4L2_H264_SLICE_TYPE_SP) || is_type(header, V4L2_H264_SLICE_TYPE_SI);
    if ((pps.control.flags & V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE) != 0 && is_inter(header))
        header.cabac_init_idc = reader.unsigned_golomb(2);
    header.slice_qp_delta = reader.signed_golomb();
    if (is_type(header, V4L2_H264_SLICE_TYPE_SP))
        header.sp_for_switch = reader.flag();
    if (switching)
        header.slice_qs_delta = reader.signed_golomb();
    if ((pps.control.flags & V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT) == 0)
        return;
    header.disable_deblocking_filter_idc = reader.unsigned_golomb(2);
    if (header.disable_deblocking_filter_idc != 1) {
        header.slice_alpha_c0_offset_div2 = reader.signed_golomb();
        header.slice_beta_offset_div2 = reader.signed_golomb();
    }
}

void read_slice_group_change(BitReader& reader, SliceHeader& header, const Sps& sps, const Pps& pps) {
    if (pps.control.num_slice_groups_minus1 == 0 || pps.slice_group_map_type < 3 ||
        pps.slice_group_map_type > 5)
        return;
    const uint32_t units =
        (sps.control.pic_width_in_mbs_minus1 + 1U) * (sps.control.pic_height_in_map_units_minus1 + 1U);
    const uint32_t cycles = (units + pps.slice_group_change_rate - 1) / pps.slice_group_change_rate;
    header.slice_group_change_cycle = reader.bits(static_cast<unsigned>(std::bit_width(cycles)));
}

/** The header after pic_parameter_set_id; the parameter sets are known now. */
void read_rest(BitReader& reader, SliceHeader& header, const Sps& sps, const Pps& pps) {
    if (sps.separate_planes())
        header.colour_plane_id = reader.bits(2);
    header.frame_num = reader.bits(sps.control.log2_max_frame_num_minus4 + 4U);
    if (!sps.frame_mbs_only()) {
        header.field_pic = reader.flag();
        header.bottom_field = header.field_pic && reader.flag();
    }
    if (header.is_idr())
        header.idr_pic_id = reader.unsigned_golomb(65535);
    read_picture_order(reader, header, sps, pps);
    if ((pps.control.flags & V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT) != 0)
        header.redundant_pic_cnt = reader.unsigned_golomb(127);
    if (is_type(header, V4L2_H264_SLICE_TYPE_B))
        header.direct_spatial_mv_pred = reader.flag();
    read_reference_counts(reader, header, pps);
    if (is_inter(header))
        skip_list_modification(reader, header);
    const bool weighted_p = (pps.control.flags & V4L2_H264_PPS_FLAG_WEIGHTED_PRED) != 0 && is_inter(header) &&
                            !is_type(header, V4L2_H264_SLICE_TYPE_B);
    const bool weighted_b = pps.control.weighted_bipred_idc == 1 && is_type(header, V4L2_H264_SLICE_TYPE_B);
    if (weighted_p || weighted_b)
        read_pred_weight_table(reader, header, sps);
    if (header.is_reference())
        read_marking(reader, header);
    read_quantiser_and_filter(reader, header, pps);
    read_slice_group_change(reader, header, sps, pps);
}

} // namespace

bool SliceHeader::resets_memory() const {
    return std::ranges::any_of(marking, [](const MarkingOperation& entry) { return entry.operation == 5; });
}

std::optional<ActiveSlice> parse_slice(const NalUnit& unit, const ParameterSets& sets) {
    const std::vector<uint8_t> rbsp = to_rbsp(unit.payload());
    BitReader reader(rbsp);
    SliceHeader header;
    header.nal_type = unit.type;
    header.nal_ref_idc = unit.ref_idc;
    header.first_mb = reader.unsigned_golomb();
    header.type = reader.unsigned_golomb(9) % 5;
    header.pps_id = reader.unsigned_golomb(255);
    const std::optional<Pps> pps = reader.ok() ? sets.pps(header.pps_id) : std::nullopt;
    if (!pps)
        return std::nullopt;
    const Sps& sps = *sets.sps(pps->control.seq_parameter_set_id);
    read_rest(reader, header, sps, *pps);
    if (!reader.ok())
        return std::nullopt;
    header.header_bit_size = static_cast<uint32_t>(8 + reader.position());
    return ActiveSlice{.header = std::move(header), .sps = sps, .pps = *pps};
}

bool starts_new_picture(const ActiveSlice& previous, const ActiveSlice& next) {
    const SliceHeader& a = previous.header;
    const SliceHeader& b = next.header;
    return a.frame_num != b.frame_num || a.pps_id != b.pps_id ||
           previous.sps.control.seq_parameter_set_id != next.sps.control.seq_parameter_set_id ||
           a.field_pic != b.field_pic || a.bottom_field != b.bottom_field ||
           a.is_reference() != b.is_reference() || a.is_idr() != b.is_idr() || a.idr_pic_id != b.idr_pic_id ||
           a.pic_order_cnt_lsb != b.pic_order_cnt_lsb ||
           a.delta_pic_order_cnt_bottom != b.delta_pic_order_cnt_bottom ||
           a.delta_pic_order_cnt != b.delta_pic_order_cnt;
}

} // namespace daedalus::test::h264
