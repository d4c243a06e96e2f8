// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/message_parser.h"

#include <linux/videodev2.h>

#include <string>

namespace daedalus::bridge {
namespace {

constexpr std::size_t alignment = 8;

std::unexpected<util::Error> broken(const std::string& what) {
    return util::fail(EPROTO, "the kernel sent a broken message: " + what);
}

/// The first bytes of `data` as a T; the caller has checked that they are there.
template <typename T>
T load(std::span<const std::byte> data) {
    T value;
    std::memcpy(&value, data.data(), sizeof(T));
    return value;
}

bool layout_is_sound(const daedalus_picture_layout& layout) {
    return layout.planes >= 1 && layout.planes <= DAEDALUS_MAX_PLANES;
}

util::Result<Message> parse_format(std::span<std::byte> bytes) {
    if (bytes.size() != sizeof(daedalus_msg_format))
        return broken("FORMAT of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_format>(bytes);
    if (raw.codec >= DAEDALUS_CODEC_COUNT)
        return broken("FORMAT with codec " + std::to_string(raw.codec));
    if (raw.kind != DAEDALUS_SESSION_STATELESS && raw.kind != DAEDALUS_SESSION_STATEFUL)
        return broken("FORMAT of a session of kind " + std::to_string(raw.kind));
    if (!layout_is_sound(raw.capture))
        return broken("FORMAT with " + std::to_string(raw.capture.planes) + " memory planes");
    return FormatMessage{.codec = static_cast<daedalus_codec>(raw.codec),
                         .max_message = raw.max_message,
                         .coded_width = raw.coded_width,
                         .coded_height = raw.coded_height,
                         .kind = static_cast<daedalus_session_kind>(raw.kind),
                         .input_epoch = raw.input_epoch,
                         .capture = raw.capture};
}

util::Result<Message> parse_flush(std::span<std::byte> bytes) {
    if (bytes.size() != sizeof(daedalus_msg_flush))
        return broken("FLUSH of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_flush>(bytes);
    if (raw.flags == 0 || (raw.flags & ~DAEDALUS_FLUSH_FLAGS_KNOWN) != 0)
        return broken("FLUSH with flags " + std::to_string(raw.flags));
    return FlushMessage{.epoch = raw.epoch, .flags = raw.flags};
}

util::Result<Message> parse_retire(std::span<std::byte> bytes) {
    if (bytes.size() != sizeof(daedalus_msg_retire))
        return broken("RETIRE of " + std::to_string(bytes.size()) + " bytes");
    return RetireMessage{.buffer = load<daedalus_msg_retire>(bytes).buffer};
}

/// Fills `controls` from the records in `bytes`, which they fill entirely.
util::Result<void> parse_controls(std::span<const std::byte> bytes, ControlSet& controls) {
    while (!bytes.empty()) {
        if (bytes.size() < sizeof(daedalus_control))
            return broken("DECODE with half a control");
        const auto raw = load<daedalus_control>(bytes);
        bytes = bytes.subspan(sizeof(daedalus_control));
        const auto name = [&raw] { return "control " + std::to_string(raw.id); };
        if (raw.reserved32 != 0)
            return broken(name() + " with a reserved field in use");
        if (raw.size > bytes.size())
            return broken(name() + " that leaves its message");
        const std::size_t element_size = control_element_size(raw.id);
        if (element_size != 0 && raw.size != std::uint64_t{element_size} * raw.elems)
            return broken(name() + " of " + std::to_string(raw.size) + " bytes");
        if (controls.find(raw.id))
            return broken(name() + " twice");
        if (!controls.add({.id = raw.id, .elems = raw.elems, .payload = bytes.first(raw.size)}))
            return broken("DECODE with more than " + std::to_string(ControlSet::max_controls) + " controls");
        const std::size_t padded = (raw.size + alignment - 1) / alignment * alignment;
        if (padded > bytes.size())
            return broken(name() + " without its padding");
        bytes = bytes.subspan(padded);
    }
    return {};
}

/// Whether [offset, offset + length) begins aligned, behind the fixed part, and stays inside `size` bytes.
bool range_is_sound(std::uint64_t offset, std::uint64_t length, std::size_t size) {
    return offset % alignment == 0 && offset >= sizeof(daedalus_msg_decode) && offset + length <= size;
}

util::Result<Message> parse_decode(std::span<std::byte> bytes) {
    if (bytes.size() < sizeof(daedalus_msg_decode))
        return broken("DECODE of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_decode>(bytes);
    if (raw.cookie == 0 || raw.dst_buffer == 0)
        return broken("DECODE without a cookie or a destination");
    if ((raw.flags & ~DAEDALUS_DECODE_FLAGS_KNOWN) != 0)
        return broken("DECODE with unknown flags");
    if (raw.reserved32 != 0)
        return broken("DECODE with a reserved field in use");
    if (!layout_is_sound(raw.dst))
        return broken("DECODE with " + std::to_string(raw.dst.planes) + " memory planes");
    if (!range_is_sound(raw.controls_offset, raw.controls_length, bytes.size()))
        return broken("DECODE with controls out of place");
    if (!range_is_sound(raw.bitstream_offset, raw.bitstream_length, bytes.size()))
        return broken("DECODE with a bitstream out of place");
    // The worker writes padding behind the bitstream, so nothing of this message may follow it.
    if (std::uint64_t{raw.controls_offset} + raw.controls_length > raw.bitstream_offset)
        return broken("DECODE with controls inside the bitstream");

    DecodeMessage message{.cookie = raw.cookie,
                          .timestamp = raw.timestamp,
                          .dst_buffer = raw.dst_buffer,
                          .flags = raw.flags,
                          .attempt = raw.attempt,
                          .queued = raw.queued,
                          .coded_width = raw.coded_width,
                          .coded_height = raw.coded_height,
                          .age_ns = raw.age_ns,
                          .dst = raw.dst,
                          .controls = {},
                          .bitstream = bytes.subspan(raw.bitstream_offset, raw.bitstream_length)};
    if (auto parsed =
            parse_controls(bytes.subspan(raw.controls_offset, raw.controls_length), message.controls);
        !parsed)
        return std::unexpected(std::move(parsed.error()));
    return message;
}

util::Result<Message> parse_input(std::span<std::byte> bytes) {
    if (bytes.size() < sizeof(daedalus_msg_input))
        return broken("INPUT of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_input>(bytes);
    if (raw.cookie == 0)
        return broken("INPUT without a cookie");
    if (raw.flags != 0)
        return broken("INPUT with unknown flags");
    if (raw.reserved32 != 0 || raw.reserved != 0)
        return broken("INPUT with a reserved field in use");
    if (raw.bitstream_offset < sizeof(raw) || raw.bitstream_offset % alignment != 0 ||
        std::uint64_t{raw.bitstream_offset} + raw.bitstream_length > bytes.size())
        return broken("INPUT with a bitstream out of place");
    return InputMessage{.cookie = raw.cookie,
                        .timestamp = raw.timestamp,
                        .attempt = raw.attempt,
                        .queued = raw.queued,
                        .age_ns = raw.age_ns,
                        .bitstream = bytes.subspan(raw.bitstream_offset, raw.bitstream_length)};
}

util::Result<Message> parse_capture(std::span<std::byte> bytes) {
    if (bytes.size() != sizeof(daedalus_msg_capture))
        return broken("CAPTURE of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_capture>(bytes);
    if (raw.cookie == 0 || raw.buffer == 0)
        return broken("CAPTURE without a cookie or a buffer");
    if ((raw.flags & ~DAEDALUS_CAPTURE_FLAGS_KNOWN) != 0)
        return broken("CAPTURE with unknown flags");
    if (raw.reserved32 != 0)
        return broken("CAPTURE with a reserved field in use");
    if (!layout_is_sound(raw.layout))
        return broken("CAPTURE with " + std::to_string(raw.layout.planes) + " memory planes");
    return CaptureMessage{
        .cookie = raw.cookie, .buffer = raw.buffer, .flags = raw.flags, .layout = raw.layout};
}

util::Result<Message> parse_drain(std::span<std::byte> bytes) {
    if (bytes.size() != sizeof(daedalus_msg_drain))
        return broken("DRAIN of " + std::to_string(bytes.size()) + " bytes");
    const auto raw = load<daedalus_msg_drain>(bytes);
    if (raw.cookie == 0)
        return broken("DRAIN without a cookie");
    if (raw.reserved32 != 0)
        return broken("DRAIN with a reserved field in use");
    return DrainMessage{.cookie = raw.cookie, .attempt = raw.attempt};
}

} // namespace

util::Result<std::optional<Message>> MessageParser::next() {
    if (rest_.empty())
        return std::nullopt;
    if (rest_.size() < sizeof(daedalus_message))
        return broken("half a header");
    const auto header = load<daedalus_message>(rest_);
    if (header.length < sizeof(daedalus_message) || header.length % alignment != 0 ||
        header.length > rest_.size())
        return broken("length " + std::to_string(header.length) + " with " + std::to_string(rest_.size()) +
                      " bytes left");
    const std::span<std::byte> bytes = rest_.first(header.length);
    rest_ = rest_.subspan(header.length);
    switch (header.type) {
    case DAEDALUS_MSG_DECODE:
        return parse_decode(bytes);
    case DAEDALUS_MSG_FLUSH:
        return parse_flush(bytes);
    case DAEDALUS_MSG_RETIRE:
        return parse_retire(bytes);
    case DAEDALUS_MSG_FORMAT:
        return parse_format(bytes);
    case DAEDALUS_MSG_INPUT:
        return parse_input(bytes);
    case DAEDALUS_MSG_CAPTURE:
        return parse_capture(bytes);
    case DAEDALUS_MSG_DRAIN:
        return parse_drain(bytes);
    default:
        return broken("type " + std::to_string(header.type));
    }
}

std::size_t control_element_size(std::uint32_t id) {
    switch (id) {
    case V4L2_CID_STATELESS_H264_DECODE_MODE:
    case V4L2_CID_STATELESS_H264_START_CODE:
        return sizeof(std::int32_t);
    case V4L2_CID_STATELESS_H264_SPS:
        return sizeof(v4l2_ctrl_h264_sps);
    case V4L2_CID_STATELESS_H264_PPS:
        return sizeof(v4l2_ctrl_h264_pps);
    case V4L2_CID_STATELESS_H264_SCALING_MATRIX:
        return sizeof(v4l2_ctrl_h264_scaling_matrix);
    case V4L2_CID_STATELESS_H264_PRED_WEIGHTS:
        return sizeof(v4l2_ctrl_h264_pred_weights);
    case V4L2_CID_STATELESS_H264_SLICE_PARAMS:
        return sizeof(v4l2_ctrl_h264_slice_params);
    case V4L2_CID_STATELESS_H264_DECODE_PARAMS:
        return sizeof(v4l2_ctrl_h264_decode_params);
    case V4L2_CID_STATELESS_VP8_FRAME:
        return sizeof(v4l2_ctrl_vp8_frame);
    case V4L2_CID_STATELESS_MPEG2_SEQUENCE:
        return sizeof(v4l2_ctrl_mpeg2_sequence);
    case V4L2_CID_STATELESS_MPEG2_PICTURE:
        return sizeof(v4l2_ctrl_mpeg2_picture);
    case V4L2_CID_STATELESS_MPEG2_QUANTISATION:
        return sizeof(v4l2_ctrl_mpeg2_quantisation);
    case V4L2_CID_STATELESS_VP9_FRAME:
        return sizeof(v4l2_ctrl_vp9_frame);
    case V4L2_CID_STATELESS_VP9_COMPRESSED_HDR:
        return sizeof(v4l2_ctrl_vp9_compressed_hdr);
#ifdef V4L2_CID_STATELESS_AV1_FRAME
    case V4L2_CID_STATELESS_AV1_SEQUENCE:
        return sizeof(v4l2_ctrl_av1_sequence);
    case V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY:
        return sizeof(v4l2_ctrl_av1_tile_group_entry);
    case V4L2_CID_STATELESS_AV1_FRAME:
        return sizeof(v4l2_ctrl_av1_frame);
    case V4L2_CID_STATELESS_AV1_FILM_GRAIN:
        return sizeof(v4l2_ctrl_av1_film_grain);
#endif
    default:
        return 0;
    }
}

} // namespace daedalus::bridge
