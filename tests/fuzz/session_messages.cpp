// SPDX-License-Identifier: BSD-2-Clause
// Input: what one read(2) on a session fd returned, whatever the kernel may have become.
#include "bridge/message_parser.h"
#include "bridge/message_writer.h"
#include "decoder/decoder.h"
#include "fuzz/fuzz_input.h"
#include "replay/picture_kind.h"
#include "worker/message_buffers.h"
#include "worker/profile_name.h"

#include <algorithm>
#include <vector>

namespace {

using namespace daedalus;
using fuzz::require;

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::ranges::equal(a, b);
}

bool same(const bridge::ControlSet& a, const bridge::ControlSet& b) {
    return std::ranges::equal(
        a.all(), b.all(), [](const bridge::ControlView& left, const bridge::ControlView& right) {
            return left.id == right.id && left.elems == right.elems && same(left.payload, right.payload);
        });
}

/// The messages as the parser alone gives them, without padding.
std::vector<bridge::Message> parse_alone(std::span<std::byte> data) {
    std::vector<bridge::Message> messages;
    bridge::MessageParser parser(data);
    for (;;) {
        const auto next = parser.next();
        require(next || !next.error().message.empty());
        if (!next || !*next)
            return messages;
        messages.push_back(**next);
    }
}

void check_controls(const bridge::ControlSet& controls) {
    for (const bridge::ControlView& control : controls.all()) {
        const std::size_t size = bridge::control_element_size(control.id);
        require(size == 0 || control.payload.size() == size * control.elems);
    }
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++) {
        (void)worker::profile_name(static_cast<daedalus_codec>(codec), controls);
        (void)replay::picture_kind(static_cast<daedalus_codec>(codec), controls);
    }
}

/// What a journal keeps of a message must be that message again.
void check_rewritten(const bridge::DecodeMessage& message) {
    std::vector<std::byte> bytes(bridge::decode_message_size(message));
    bridge::write_decode_message(message, bytes);
    const auto again = parse_alone(bytes);
    require(again.size() == 1);
    const auto* decode = std::get_if<bridge::DecodeMessage>(&again.front());
    require(decode && decode->cookie == message.cookie && decode->timestamp == message.timestamp &&
            decode->dst_buffer == message.dst_buffer && decode->flags == message.flags &&
            std::memcmp(&decode->dst, &message.dst, sizeof(message.dst)) == 0 &&
            same(decode->controls, message.controls) && same(decode->bitstream, message.bitstream));
}

/// The zeros that decoders may read behind a bitstream are there, and have hit nothing but headers.
void check_padded(std::span<const std::byte> bitstream, std::span<const std::byte> before) {
    require(same(bitstream, before));
    for (std::size_t i = 0; i < decoder::bitstream_padding; i++)
        require(bitstream.data()[bitstream.size() + i] == std::byte{0});
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    worker::MessageBuffer buffer(size);
    std::ranges::copy(input, buffer.room().begin());
    std::vector<std::byte> copy(input.begin(), input.end());
    const auto alone = parse_alone(copy);

    const auto messages = buffer.parse(size);
    if (!messages) {
        require(!messages.error().message.empty());
        return 0;
    }
    require(messages->size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); i++) {
        const bridge::Message& message = (*messages)[i];
        if (const auto* decode = std::get_if<bridge::DecodeMessage>(&message)) {
            const auto& before = std::get<bridge::DecodeMessage>(alone[i]);
            require(same(decode->controls, before.controls));
            check_padded(decode->bitstream, before.bitstream);
            check_controls(decode->controls);
            check_rewritten(*decode);
        } else if (const auto* piece = std::get_if<bridge::InputMessage>(&message)) {
            check_padded(piece->bitstream, std::get<bridge::InputMessage>(alone[i]).bitstream);
        }
    }
    return 0;
}
