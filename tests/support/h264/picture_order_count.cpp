// SPDX-License-Identifier: BSD-2-Clause
#include "picture_order_count.h"

namespace daedalus::test::h264 {

namespace {

/** Leaves only the fields that the picture has, as a hostile stream can't overflow them. */
OrderCounts only_coded(const SliceHeader& slice, int64_t top, int64_t bottom) {
    OrderCounts counts;
    if (!slice.field_pic || !slice.bottom_field)
        counts.top = static_cast<int32_t>(top);
    if (!slice.field_pic || slice.bottom_field)
        counts.bottom = static_cast<int32_t>(bottom);
    return counts;
}

} // namespace

OrderCounts PictureOrderCounter::next(const SliceHeader& slice, const Sps& sps) {
    switch (sps.control.pic_order_cnt_type) {
    case 0:
        return coded_in_slice(slice, sps);
    case 1:
        return from_cycle(slice, sps);
    default:
        return from_frame_num(slice, sps);
    }
}

OrderCounts PictureOrderCounter::next_missing(uint32_t frame_num, const Sps& sps) {
    if (sps.control.pic_order_cnt_type == 0)
        return {}; // nothing in the stream says where it would be
    SliceHeader missing;
    missing.nal_type = NalType::slice;
    missing.nal_ref_idc = 1;
    missing.frame_num = frame_num;
    return next(missing, sps);
}

void PictureOrderCounter::memory_was_reset(bool bottom_field, int32_t top) {
    previous_msb_ = 0;
    previous_lsb_ = bottom_field ? 0 : top;
    previous_frame_num_ = 0;
    frame_num_offset_ = 0;
}

OrderCounts PictureOrderCounter::coded_in_slice(const SliceHeader& slice, const Sps& sps) {
    if (slice.is_idr()) {
        previous_msb_ = 0;
        previous_lsb_ = 0;
    }
    const auto lsb = static_cast<int32_t>(slice.pic_order_cnt_lsb);
    const auto range = static_cast<int32_t>(sps.max_pic_order_cnt_lsb());
    int32_t msb = previous_msb_;
    if (lsb < previous_lsb_ && previous_lsb_ - lsb >= range / 2)
        msb += range;
    else if (lsb > previous_lsb_ && lsb - previous_lsb_ > range / 2)
        msb -= range;
    const int64_t count = int64_t{msb} + lsb;
    if (slice.is_reference()) {
        previous_msb_ = msb;
        previous_lsb_ = lsb;
    }
    return only_coded(slice, count, count + slice.delta_pic_order_cnt_bottom);
}

void PictureOrderCounter::advance_frame_num(const SliceHeader& slice, const Sps& sps) {
    if (slice.is_idr())
        frame_num_offset_ = 0;
    else if (previous_frame_num_ > slice.frame_num)
        frame_num_offset_ += sps.max_frame_num();
    previous_frame_num_ = slice.frame_num;
}

OrderCounts PictureOrderCounter::from_cycle(const SliceHeader& slice, const Sps& sps) {
    advance_frame_num(slice, sps);
    const v4l2_ctrl_h264_sps& control = sps.control;
    const int64_t cycle_length = control.num_ref_frames_in_pic_order_cnt_cycle;
    int64_t frames = cycle_length != 0 ? frame_num_offset_ + slice.frame_num : 0;
    if (!slice.is_reference() && frames > 0)
        frames--;
    int64_t expected = 0;
    if (frames > 0) {
        int64_t cycle_delta = 0;
        for (int64_t i = 0; i < cycle_length; i++)
            cycle_delta += control.offset_for_ref_frame[i];
        expected = (frames - 1) / cycle_length * cycle_delta;
        for (int64_t i = 0; i <= (frames - 1) % cycle_length; i++)
            expected += control.offset_for_ref_frame[i];
    }
    if (!slice.is_reference())
        expected += control.offset_for_non_ref_pic;
    const int64_t top = expected + slice.delta_pic_order_cnt[0];
    int64_t bottom = top + control.offset_for_top_to_bottom_field + slice.delta_pic_order_cnt[1];
    if (slice.field_pic)
        bottom = expected + control.offset_for_top_to_bottom_field + slice.delta_pic_order_cnt[0];
    return only_coded(slice, top, bottom);
}

OrderCounts PictureOrderCounter::from_frame_num(const SliceHeader& slice, const Sps& sps) {
    advance_frame_num(slice, sps);
    int64_t count = 2 * (frame_num_offset_ + slice.frame_num);
    if (slice.is_idr())
        count = 0;
    else if (!slice.is_reference())
        count--;
    return only_coded(slice, count, count);
}

} // namespace daedalus::test::h264
