// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/mpeg2_front_end.h"

#include "bitstream/mpeg2_headers.h"

#include <linux/videodev2.h>

#include <cstring>

namespace daedalus::decoder {
namespace {

constexpr std::uint64_t no_reference = UINT64_MAX; // GStreamer's GST_CLOCK_TIME_NONE

/// Timestamps of the pictures that this one is predicted from.
std::pmr::vector<std::uint64_t> references_of(const v4l2_ctrl_mpeg2_picture& picture,
                                              std::uint64_t own_timestamp) {
    std::pmr::vector<std::uint64_t> timestamps(util::recycled_memory());
    if (picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_I)
        return timestamps;
    const bool two = picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_B;
    // The first B pictures of a closed group are predicted from the one behind them alone: clients name none.
    const bool named = !two || picture.forward_ref_ts != no_reference;
    // The second field of an I or P frame may refer to the first field, and then to nothing else.
    if (named && picture.forward_ref_ts != own_timestamp)
        timestamps.push_back(picture.forward_ref_ts);
    if (two)
        timestamps.push_back(picture.backward_ref_ts);
    return timestamps;
}

} // namespace

PreparedPacket Mpeg2FrontEnd::prepare(const bridge::DecodeMessage& message) {
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
    packet.references = references_of(*picture, message.timestamp);
    const bool field = packet.field != Field::both;
    const bool second_field = field && first_field_seen_;
    first_field_seen_ = field && !first_field_seen_;
    const bool changed = !sequence_ || std::memcmp(&*sequence_, &*sequence, sizeof(*sequence)) != 0;
    if (changed && !second_field) {
        auto headers = bitstream::mpeg2_sequence_headers(*sequence);
        if (!headers)
            return PreparedPacket::refused(headers.error());
        packet.prefix = std::move(*headers);
    }
    const auto headers =
        bitstream::mpeg2_picture_headers(*sequence, *picture, quantisation ? &*quantisation : nullptr);
    if (!headers)
        return PreparedPacket::refused(headers.error());
    packet.prefix.insert(packet.prefix.end(), headers->begin(), headers->end());
    if (!second_field)
        sequence_ = sequence;
    return packet;
}

void Mpeg2FrontEnd::reset() {
    sequence_.reset();
    first_field_seen_ = false;
}

} // namespace daedalus::decoder
