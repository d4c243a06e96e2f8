// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/vpx_front_ends.h"

#include "bitstream/vp9_frame_header.h"

#include <linux/videodev2.h>

#include <bit>

namespace daedalus::decoder {
namespace {

// show_existing_frame of slot 0, profile 0 (VP9 6.2): outputs a picture again, and changes none.
constexpr std::uint8_t show_slot_0 = 0x88;

constexpr std::size_t shortest_vp8_frame = 3;

} // namespace

PreparedPacket Vp8FrontEnd::prepare(const bridge::DecodeMessage& message, Field /*open*/) {
    const auto frame = message.controls.get<v4l2_ctrl_vp8_frame>(V4L2_CID_STATELESS_VP8_FRAME);
    if (!frame)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the request lacks a VP8 FRAME control");
    if (message.bitstream.size() < shortest_vp8_frame)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the buffer holds no VP8 frame");
    PreparedPacket packet;
    if (!V4L2_VP8_FRAME_IS_KEY_FRAME(&*frame))
        packet.references = {frame->last_frame_ts, frame->golden_frame_ts, frame->alt_frame_ts};
    return packet;
}

PreparedPacket Vp9FrontEnd::prepare(const bridge::DecodeMessage& message, Field /*open*/) {
    const auto frame = message.controls.get<v4l2_ctrl_vp9_frame>(V4L2_CID_STATELESS_VP9_FRAME);
    if (!frame)
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the request lacks a VP9 FRAME control");
    // An empty packet would tell libavcodec that the stream ends.
    if (message.bitstream.empty())
        return PreparedPacket::refused(DAEDALUS_STATUS_BAD_STREAM, "the buffer holds no VP9 frame");
    PreparedPacket packet;
    if ((frame->flags & (V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_INTRA_ONLY)) == 0)
        packet.references = {frame->last_frame_ts, frame->golden_frame_ts, frame->alt_frame_ts};
    // Of a slot that is empty libavcodec refuses it, and then loses the references.
    filled_ |= bitstream::vp9_refreshed_slots(message.bitstream);
    filler_[0] = static_cast<std::uint8_t>(show_slot_0 | (filled_ != 0 ? std::countr_zero(filled_) : 0));
    return packet;
}

} // namespace daedalus::decoder
