// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/mpeg2_front_end.h"

#include "bitstream/mpeg2_headers.h"

#include <linux/videodev2.h>

#include <cstring>

namespace daedalus::decoder {
namespace {

constexpr std::uint64_t no_reference = UINT64_MAX; // GStreamer's GST_CLOCK_TIME_NONE

using Timestamps = std::pmr::vector<std::uint64_t>;

/// Of a P picture that completes a frame (H.262 7.6.2.1): predicted from that frame's other field, and from
/// the last reference frame's one of its own parity.
Timestamps references_of_second_p_field(const v4l2_ctrl_mpeg2_picture& picture, std::uint64_t own_timestamp,
                                        bool first_is_intra) {
    Timestamps timestamps({own_timestamp}, util::recycled_memory());
    // Behind an I field a decoder may begin. The last reference frame is none then, whatever clients name.
    if (!first_is_intra && picture.forward_ref_ts != no_reference && picture.forward_ref_ts != own_timestamp)
        timestamps.push_back(picture.forward_ref_ts);
    return timestamps;
}

/// Timestamps of the pictures that this one, which begins a frame or is one, is predicted from; or a second B
/// field.
Timestamps references_of(const v4l2_ctrl_mpeg2_picture& picture) {
    Timestamps timestamps(util::recycled_memory());
    if (picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_I)
        return timestamps;
    const bool two = picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_B;
    // The first B pictures of a closed group are predicted from the one behind them alone: clients name none.
    if (!two || picture.forward_ref_ts != no_reference)
        timestamps.push_back(picture.forward_ref_ts);
    if (two)
        timestamps.push_back(picture.backward_ref_ts);
    return timestamps;
}

} // namespace

PreparedPacket Mpeg2FrontEnd::prepare(const bridge::DecodeMessage& message, Field open) {
    const auto sequence = message.controls.get<v4l2_ctrl_mpeg2_sequence>(V4L2_CID_STATELESS_MPEG2_SEQUENCE);
    const auto picture = message.controls.get<v4l2_ctrl_mpeg2_picture>(V4L2_CID_STATELESS_MPEG2_PICTURE);
    const auto quantisation =
        message.controls.get<v4l2_ctrl_mpeg2_quantisation>(V4L2_CID_STATELESS_MPEG2_QUANTISATION);
    if (!sequence || !picture)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM,
                                       "the request lacks an MPEG-2 SEQUENCE or PICTURE control");
    if (message.bitstream.empty())
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the buffer holds no MPEG-2 slice");

    PreparedPacket packet;
    if (picture->picture_structure == V4L2_MPEG2_PIC_TOP_FIELD)
        packet.field = Field::top;
    else if (picture->picture_structure == V4L2_MPEG2_PIC_BOTTOM_FIELD)
        packet.field = Field::bottom;
    packet.maybe_fields = (sequence->flags & V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE) == 0;
    const bool second_field = completes(packet.field, open);
    if (second_field && picture->picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_P)
        packet.references = references_of_second_p_field(*picture, message.timestamp, intra_field_);
    else
        packet.references = references_of(*picture);
    const bool changed = !sequence_ || std::memcmp(&*sequence_, &*sequence, sizeof(*sequence)) != 0;
    if (changed && !second_field) {
        auto headers = bitstream::mpeg2_sequence_headers(*sequence);
        if (!headers)
            return PreparedPacket::refused(headers.error());
        packet.prefix = std::move(*headers);
    } else if (packet.field != Field::both && !second_field) {
        // libavcodec takes each field after a first one to be the second, of whatever parity: one that was
        // lost would be missing from all frames behind it.
        packet.prefix = bitstream::mpeg2_group_header();
    }
    const auto headers =
        bitstream::mpeg2_picture_headers(*sequence, *picture, quantisation ? &*quantisation : nullptr);
    if (!headers)
        return PreparedPacket::refused(headers.error());
    packet.prefix.insert(packet.prefix.end(), headers->begin(), headers->end());
    if (!second_field)
        sequence_ = sequence;
    intra_field_ = packet.field != Field::both && !second_field &&
                   picture->picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_I;
    return packet;
}

void Mpeg2FrontEnd::reset() {
    sequence_.reset();
    intra_field_ = false;
}

} // namespace daedalus::decoder
