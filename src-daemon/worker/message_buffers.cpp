// SPDX-License-Identifier: BSD-2-Clause
#include "worker/message_buffers.h"

#include "decoder/decoder.h"
#include "util/recycled_memory.h"

#include <algorithm>
#include <cstring>

namespace daedalus::worker {

// The padding of a bitstream overwrites what follows it in the buffer: the rest of an 8-byte word and then
// the fixed parts of the next messages, which have been copied out by then. It must not reach controls.
static_assert(sizeof(daedalus_msg_decode) >= decoder::bitstream_padding);
static_assert(sizeof(daedalus_msg_input) >= decoder::bitstream_padding);

// Not initialized: the kernel writes what is read later, and untouched pages cost nothing.
MessageBuffer::MessageBuffer(std::size_t capacity)
    : bytes_(new std::byte[capacity + decoder::bitstream_padding]), capacity_(capacity) {}

util::Result<std::pmr::vector<bridge::Message>> MessageBuffer::parse(std::size_t size) {
    std::pmr::vector<bridge::Message> messages(util::recycled_memory());
    bridge::MessageParser parser({bytes_.get(), std::min(size, capacity_)});
    for (;;) {
        auto next = parser.next();
        if (!next)
            return std::unexpected(std::move(next.error()));
        const std::optional<bridge::Message>& message = *next;
        if (!message)
            break;
        messages.push_back(*message);
    }
    const auto pad = [](std::span<std::byte> bitstream) {
        std::memset(bitstream.data() + bitstream.size(), 0, decoder::bitstream_padding);
    };
    for (bridge::Message& message : messages) {
        if (auto* decode = std::get_if<bridge::DecodeMessage>(&message))
            pad(decode->bitstream);
        else if (auto* input = std::get_if<bridge::InputMessage>(&message))
            pad(input->bitstream);
    }
    return messages;
}

std::shared_ptr<MessageBuffer> MessageBuffers::take(std::size_t capacity) {
    std::erase_if(buffers_, [&](const auto& buffer) {
        return buffer.use_count() == 1 && buffer->room().size() < capacity;
    });
    for (const auto& buffer : buffers_)
        if (buffer.use_count() == 1 && buffer->room().size() >= capacity)
            return buffer;
    buffers_.push_back(std::make_shared<MessageBuffer>(capacity));
    return buffers_.back();
}

} // namespace daedalus::worker
