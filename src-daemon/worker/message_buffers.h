// SPDX-License-Identifier: BSD-2-Clause
// Memory that messages are read into, and that decoders read bitstreams from without a copy.
#pragma once

#include "bridge/message_parser.h"
#include "util/error.h"

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

namespace daedalus::worker {

/// Room for the messages of one read(2), and decoder::bitstream_padding bytes more.
class MessageBuffer {
  public:
    explicit MessageBuffer(std::size_t capacity);

    /// Where to read messages to.
    [[nodiscard]] std::span<std::byte> room() { return {bytes_.get(), capacity_}; }

    /// The messages in the first `size` bytes. Every bitstream among them gets its zero padding, at the cost
    /// of the headers behind it: so this can be called once for what was read. EPROTO: see MessageParser.
    util::Result<std::pmr::vector<bridge::Message>> parse(std::size_t size);

  private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_;
};

/// Uses a few MessageBuffers in turn.
class MessageBuffers {
  public:
    /// A buffer that nobody else holds, with room for `capacity` bytes. Keep the pointer as long as what was
    /// read is in use.
    std::shared_ptr<MessageBuffer> take(std::size_t capacity);

  private:
    std::vector<std::shared_ptr<MessageBuffer>> buffers_;
};

} // namespace daedalus::worker
