// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/h264_front_end.h"

#include "bitstream/h264_parameter_sets.h"
#include "bitstream/h264_slice_header.h"
#include "decoder/h264_slices.h"

#include <linux/videodev2.h>

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

/// Timestamps of the pictures that the DPB says may be referred to.
std::pmr::vector<std::uint64_t> active_references(const v4l2_ctrl_h264_decode_params& params) {
    constexpr std::uint32_t wanted = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
    std::pmr::vector<std::uint64_t> timestamps(util::recycled_memory());
    for (const v4l2_h264_dpb_entry& entry : params.dpb)
        if ((entry.flags & wanted) == wanted)
            timestamps.push_back(entry.reference_ts);
    return timestamps;
}

} // namespace

PreparedPacket H264FrontEnd::prepare(const bridge::DecodeMessage& message) {
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
    if (slices.inter)
        packet.references = active_references(*params);
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

std::span<const std::uint8_t> H264FrontEnd::filler() const {
    return delimiter;
}

} // namespace daedalus::decoder
