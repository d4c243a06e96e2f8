// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/message_writer.h"

#include <cstring>

namespace daedalus::bridge {
namespace {

constexpr std::size_t padded(std::size_t size) {
    return (size + 7) / 8 * 8;
}

std::size_t controls_size(const ControlSet& controls) {
    std::size_t size = 0;
    for (const ControlView& control : controls.all())
        size += sizeof(daedalus_control) + padded(control.payload.size());
    return size;
}

/// Copies `bytes` to the front of `to` and takes that much off, with zeros up to the next 8.
void put(std::span<std::byte>& to, std::span<const std::byte> bytes) {
    const std::size_t size = padded(bytes.size());
    if (!bytes.empty())
        std::memcpy(to.data(), bytes.data(), bytes.size());
    std::memset(to.data() + bytes.size(), 0, size - bytes.size());
    to = to.subspan(size);
}

} // namespace

std::size_t decode_message_size(const DecodeMessage& message) {
    return sizeof(daedalus_msg_decode) + controls_size(message.controls) + padded(message.bitstream.size());
}

void write_decode_message(const DecodeMessage& message, std::span<std::byte> to) {
    daedalus_msg_decode raw = {};
    raw.header = {DAEDALUS_MSG_DECODE, static_cast<std::uint32_t>(decode_message_size(message))};
    raw.cookie = message.cookie;
    raw.timestamp = message.timestamp;
    raw.dst_buffer = message.dst_buffer;
    raw.flags = message.flags;
    raw.attempt = message.attempt;
    raw.queued = message.queued;
    raw.coded_width = message.coded_width;
    raw.coded_height = message.coded_height;
    raw.age_ns = message.age_ns;
    raw.controls_offset = sizeof(raw);
    raw.controls_length = static_cast<std::uint32_t>(controls_size(message.controls));
    raw.bitstream_offset = raw.controls_offset + raw.controls_length;
    raw.bitstream_length = static_cast<std::uint32_t>(message.bitstream.size());
    raw.dst = message.dst;
    put(to, std::as_bytes(std::span(&raw, 1)));
    for (const ControlView& control : message.controls.all()) {
        const daedalus_control record = {control.id, static_cast<std::uint32_t>(control.payload.size()),
                                         control.elems, 0};
        put(to, std::as_bytes(std::span(&record, 1)));
        put(to, control.payload);
    }
    put(to, message.bitstream);
}

} // namespace daedalus::bridge
