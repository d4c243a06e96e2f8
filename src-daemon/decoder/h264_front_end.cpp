// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/h264_front_end.h"

#include "bitstream/h264_parameter_sets.h"
#include "bitstream/h264_slice_header.h"
#include "decoder/h264_slices.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace daedalus::decoder {
namespace {

// An access unit delimiter (H.264 7.3.2.4): a whole access unit of no picture.
constexpr std::array<std::uint8_t, 6> delimiter = {0, 0, 0, 1, 0x09, 0xf0};

template <typename T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a || std::memcmp(&*a, &*b, sizeof(T)) == 0);
}

/// PicOrderCnt() of what the request decodes (H.264 8.2.1).
std::int32_t picture_order(const v4l2_ctrl_h264_decode_params& params, Field field) {
    switch (field) {
    case Field::top:
        return params.top_field_order_cnt;
    case Field::bottom:
        return params.bottom_field_order_cnt;
    case Field::both:
        break;
    }
    return std::min(params.top_field_order_cnt, params.bottom_field_order_cnt);
}

/// Timestamps of the pictures that the DPB says may be referred to. Which of them are only the slices say. A
/// picture that is shown after the last I picture is taken to need none that is shown before it: encoders
/// that never send an IDR picture let decoders join, and recover, at I pictures (H.264 D.2.8), and else one
/// damaged picture would be held against all that follow.
std::pmr::vector<std::uint64_t> active_references(const v4l2_ctrl_h264_decode_params& params,
                                                  std::int32_t order,
                                                  std::optional<std::int32_t> intra_order) {
    constexpr std::uint32_t wanted = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
    std::pmr::vector<std::uint64_t> timestamps(util::recycled_memory());
    for (const v4l2_h264_dpb_entry& entry : params.dpb) {
        if ((entry.flags & wanted) != wanted)
            continue;
        const bool shown_before_intra =
            intra_order && std::max(entry.top_field_order_cnt, entry.bottom_field_order_cnt) < *intra_order;
        if (!shown_before_intra || order < *intra_order)
            timestamps.push_back(entry.reference_ts);
    }
    return timestamps;
}

} // namespace

PreparedPacket H264FrontEnd::prepare(const bridge::DecodeMessage& message, Field /*open*/) {
    const auto sps = message.controls.get<v4l2_ctrl_h264_sps>(V4L2_CID_STATELESS_H264_SPS);
    auto pps = message.controls.get<v4l2_ctrl_h264_pps>(V4L2_CID_STATELESS_H264_PPS);
    const auto params =
        message.controls.get<v4l2_ctrl_h264_decode_params>(V4L2_CID_STATELESS_H264_DECODE_PARAMS);
    const auto scaling =
        message.controls.get<v4l2_ctrl_h264_scaling_matrix>(V4L2_CID_STATELESS_H264_SCALING_MATRIX);
    if (!sps || !pps || !params)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM,
                                       "the request lacks an H.264 SPS, PPS or DECODE_PARAMS control");
    const H264Slices slices = scan_h264_slices(message.bitstream);
    if (!slices.any)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the buffer holds no H.264 slice");
    // Clients that come through VA-API don't know the id.
    pps->pic_parameter_set_id =
        bitstream::h264_slice_pps_id(message.bitstream).value_or(pps->pic_parameter_set_id);

    PreparedPacket packet;
    if ((params->flags & V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) != 0)
        packet.field =
            (params->flags & V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD) != 0 ? Field::bottom : Field::top;
    packet.maybe_fields = (sps->flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) == 0;
    packet.restart = (params->flags & V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC) != 0;
    const std::int32_t order = picture_order(*params, packet.field);
    if (slices.inter)
        packet.references = active_references(*params, order, intra_order_);
    else
        intra_order_ = order;
    if (sent_.empty() || !same(sps, sps_) || !same(pps, pps_) || !same(scaling, scaling_)) {
        auto headers = bitstream::h264_parameter_sets(*sps, *pps, scaling ? &*scaling : nullptr);
        if (!headers)
            return PreparedPacket::refused(headers.error());
        sps_ = sps;
        pps_ = pps;
        scaling_ = scaling;
        if (*headers != sent_) {
            sent_ = std::move(*headers);
            packet.prefix = sent_;
        }
    }
    return packet;
}

void H264FrontEnd::reset() {
    sent_.clear();
    intra_order_.reset();
}

std::span<const std::uint8_t> H264FrontEnd::filler() const {
    return delimiter;
}

} // namespace daedalus::decoder
