// SPDX-License-Identifier: BSD-2-Clause
#include "picture_builder.h"

#include <algorithm>

namespace daedalus::test::h264 {

namespace {

/** PicOrderCnt() of equation 8-1, for the fields that are there. */
int32_t display_count(const OrderCounts& order, Fields fields) {
    if (fields == both_fields)
        return std::min(order.top, order.bottom);
    return fields == top_field ? order.top : order.bottom;
}

v4l2_ctrl_h264_slice_params slice_params(const SliceHeader& header) {
    v4l2_ctrl_h264_slice_params params{};
    params.header_bit_size = header.header_bit_size;
    params.first_mb_in_slice = header.first_mb;
    params.slice_type = static_cast<uint8_t>(header.type);
    params.colour_plane_id = static_cast<uint8_t>(header.colour_plane_id);
    params.redundant_pic_cnt = static_cast<uint8_t>(header.redundant_pic_cnt);
    params.cabac_init_idc = static_cast<uint8_t>(header.cabac_init_idc);
    params.slice_qp_delta = static_cast<int8_t>(header.slice_qp_delta);
    params.slice_qs_delta = static_cast<int8_t>(header.slice_qs_delta);
    params.disable_deblocking_filter_idc = static_cast<uint8_t>(header.disable_deblocking_filter_idc);
    params.slice_alpha_c0_offset_div2 = static_cast<int8_t>(header.slice_alpha_c0_offset_div2);
    params.slice_beta_offset_div2 = static_cast<int8_t>(header.slice_beta_offset_div2);
    params.num_ref_idx_l0_active_minus1 = static_cast<uint8_t>(header.num_ref_idx_l0_active_minus1);
    params.num_ref_idx_l1_active_minus1 = static_cast<uint8_t>(header.num_ref_idx_l1_active_minus1);
    if (header.direct_spatial_mv_pred)
        params.flags |= V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED;
    if (header.sp_for_switch)
        params.flags |= V4L2_H264_SLICE_FLAG_SP_FOR_SWITCH;
    return params;
}

void append_slices(Picture& picture, const std::vector<CodedSlice>& slices) {
    for (const CodedSlice& slice : slices) {
        picture.slice_offsets.push_back(picture.bitstream.size());
        picture.bitstream.insert(picture.bitstream.end(), {0, 0, 1});
        picture.bitstream.insert(picture.bitstream.end(), slice.unit.bytes.begin(), slice.unit.bytes.end());
    }
}

/** How V4L2 names a picture's number: PicNum, or LongTermPicNum. */
uint32_t pic_num(const ReferenceFrame& entry, const ActiveSlice& slice) {
    const bool long_term = entry.long_term != no_field;
    const int64_t number =
        long_term ? entry.long_term_frame_idx
                  : DecodedPictureBuffer::frame_num_wrap(entry, slice.header.frame_num, slice.sps);
    if (!slice.header.field_pic)
        return static_cast<uint32_t>(number);
    return static_cast<uint32_t>(2 * number + (entry.first_field == fields_of(slice.header) ? 1 : 0));
}

v4l2_h264_dpb_entry dpb_entry(const ReferenceFrame& entry, const ActiveSlice& slice) {
    const bool long_term = entry.long_term != no_field;
    v4l2_h264_dpb_entry result{};
    result.pic_num = pic_num(entry, slice);
    result.frame_num = static_cast<uint16_t>(long_term ? entry.long_term_frame_idx : entry.frame_num);
    result.fields = entry.decoded;
    if ((entry.decoded & top_field) != 0)
        result.top_field_order_cnt = entry.order.top;
    if ((entry.decoded & bottom_field) != 0)
        result.bottom_field_order_cnt = entry.order.bottom;
    result.flags = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
    if (long_term)
        result.flags |= V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM;
    if (entry.coded_as_fields)
        result.flags |= V4L2_H264_DPB_ENTRY_FLAG_FIELD;
    return result;
}

} // namespace

bool PictureBuilder::completes_frame(const ActiveSlice& slice) const {
    const SliceHeader& header = slice.header;
    return open_field_ && header.field_pic && fields_of(header) != open_parity_ &&
           header.frame_num == open_frame_num_ && header.is_reference() == open_is_reference_ &&
           (!header.is_idr() || stream_.frames.back().is_idr);
}

void PictureBuilder::fill_gap(const ActiveSlice& slice) {
    const SliceHeader& header = slice.header;
    const uint32_t modulus = slice.sps.max_frame_num();
    if (header.is_idr()) {
        previous_reference_frame_num_ = 0;
        return;
    }
    if ((slice.sps.control.flags & V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED) == 0 ||
        header.frame_num == previous_reference_frame_num_)
        return;
    uint32_t missing = (previous_reference_frame_num_ + 1) % modulus;
    while (missing != header.frame_num) {
        buffer_.insert_missing(missing, counter_.next_missing(missing, slice.sps), slice.sps);
        previous_reference_frame_num_ = missing;
        missing = (missing + 1) % modulus;
    }
}

void PictureBuilder::begin_frame(const ActiveSlice& slice) {
    if (slice.header.is_idr())
        period_++;
    stream_.frames.push_back({.first_picture = static_cast<uint32_t>(stream_.pictures.size()),
                              .pictures = 0,
                              .is_idr = slice.header.is_idr(),
                              .period = period_,
                              .coded_width = slice.sps.coded_width(),
                              .coded_height = slice.sps.coded_height(),
                              .bit_depth = static_cast<uint8_t>(8 + slice.sps.control.bit_depth_luma_minus8),
                              .crop = crop_rectangle(slice.sps)});
    order_ = {};
}

void PictureBuilder::fill_references(Picture& picture, const ActiveSlice& slice) const {
    picture.references.fill(no_frame);
    size_t used = 0;
    for (const ReferenceFrame& entry : buffer_.references()) {
        if (used == picture.references.size())
            break;
        picture.decode_params.dpb[used] = dpb_entry(entry, slice);
        picture.references[used++] = entry.non_existing ? no_frame : entry.frame;
    }
}

void PictureBuilder::fill_decode_params(Picture& picture, const std::vector<CodedSlice>& slices) const {
    const ActiveSlice& first = slices.front().active;
    const SliceHeader& header = first.header;
    v4l2_ctrl_h264_decode_params& params = picture.decode_params;
    params.nal_ref_idc = header.nal_ref_idc;
    params.frame_num = static_cast<uint16_t>(header.frame_num);
    params.top_field_order_cnt = order_.top;
    params.bottom_field_order_cnt = order_.bottom;
    params.idr_pic_id = static_cast<uint16_t>(header.idr_pic_id);
    params.pic_order_cnt_lsb = static_cast<uint16_t>(header.pic_order_cnt_lsb);
    params.delta_pic_order_cnt_bottom = header.delta_pic_order_cnt_bottom;
    params.delta_pic_order_cnt0 = header.delta_pic_order_cnt[0];
    params.delta_pic_order_cnt1 = header.delta_pic_order_cnt[1];
    params.dec_ref_pic_marking_bit_size = header.dec_ref_pic_marking_bit_size;
    params.pic_order_cnt_bit_size = header.pic_order_cnt_bit_size;
    params.slice_group_change_cycle = header.slice_group_change_cycle;
    if (header.is_idr())
        params.flags |= V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC;
    if (header.field_pic)
        params.flags |= V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC;
    if (header.bottom_field)
        params.flags |= V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD;
    for (const CodedSlice& slice : slices) {
        if (slice.active.header.type == V4L2_H264_SLICE_TYPE_P)
            params.flags |= V4L2_H264_DECODE_PARAM_FLAG_PFRAME;
        if (slice.active.header.type == V4L2_H264_SLICE_TYPE_B)
            params.flags |= V4L2_H264_DECODE_PARAM_FLAG_BFRAME;
    }
    if (!header.is_idr() || picture.second_field)
        fill_references(picture, first);
    else
        picture.references.fill(no_frame);
}

OrderCounts PictureBuilder::reset_order(const ActiveSlice& slice) {
    const Fields fields = fields_of(slice.header);
    OrderCounts order = order_;
    if (fields == both_fields) {
        const int32_t least = std::min(order.top, order.bottom);
        order.top -= least;
        order.bottom -= least;
    } else if (fields == top_field) {
        order.top = 0;
    } else {
        order.bottom = 0;
    }
    counter_.memory_was_reset(slice.header.bottom_field, order.top);
    previous_reference_frame_num_ = 0;
    stream_.frames.back().period = ++period_;
    return order;
}

void PictureBuilder::add_picture(const std::vector<CodedSlice>& slices) {
    const ActiveSlice& first = slices.front().active;
    const SliceHeader& header = first.header;
    const bool second_field = completes_frame(first);
    const Fields fields = fields_of(header);
    if (!second_field) {
        fill_gap(first);
        begin_frame(first);
    }
    const auto frame_index = static_cast<uint32_t>(stream_.frames.size() - 1);
    const OrderCounts coded = counter_.next(header, first.sps);
    if ((fields & top_field) != 0)
        order_.top = coded.top;
    if ((fields & bottom_field) != 0)
        order_.bottom = coded.bottom;

    Picture picture;
    picture.sps = first.sps.control;
    picture.pps = first.pps.control;
    picture.scaling_matrix_present = first.sps.scaling_matrix_present || first.pps.scaling_matrix_present;
    picture.scaling_matrix =
        to_scaling_matrix(first.pps.scaling_lists, first.sps.control.chroma_format_idc == 3 ? 6 : 2);
    picture.slice_params = slice_params(header);
    picture.has_pred_weights = header.has_pred_weights;
    picture.pred_weights = header.pred_weights;
    picture.frame = frame_index;
    picture.is_field = header.field_pic;
    picture.second_field = second_field;
    fill_decode_params(picture, slices);
    append_slices(picture, slices);
    stream_.pictures.push_back(std::move(picture));

    if (header.is_reference()) {
        previous_reference_frame_num_ = header.frame_num;
        if (header.resets_memory())
            order_ = reset_order(first); // counts as frame_num 0 from now on
        buffer_.insert(frame_index, first, order_, second_field);
    }
    Frame& frame = stream_.frames.back();
    frame.pictures++;
    frame.order_count = display_count(order_, second_field ? both_fields : fields);

    open_field_ = header.field_pic && !second_field;
    open_parity_ = fields;
    open_frame_num_ = header.resets_memory() ? 0 : header.frame_num;
    open_is_reference_ = header.is_reference();
}

} // namespace daedalus::test::h264
