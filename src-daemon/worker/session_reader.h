// SPDX-License-Identifier: BSD-2-Clause
// Reads a session's messages, in memory that grows with them.
#pragma once

#include "bridge/session_channel.h"
#include "util/error.h"
#include "util/recycled_memory.h"
#include "worker/message_buffers.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace daedalus::worker {

/// Why a worker has nothing left to do.
enum class End {
    closed,        ///< the client closed the session
    codec_changed, ///< the client streams another codec now: a new worker is to take over
};

/// What one read came to.
struct Batch {
    bridge::ReadState state = bridge::ReadState::nothing; ///< too_small: read again
    std::pmr::vector<bridge::Message> messages{util::recycled_memory()};
    std::shared_ptr<MessageBuffer> memory; ///< what the messages point into
};

class SessionReader {
  public:
    /// `channel` outlives this.
    explicit SessionReader(bridge::SessionChannel& channel) : channel_(channel) {}

    /// Waits for the first message, FORMAT, and reads nothing behind it: no byte of video comes with it.
    /// Nothing: the client has gone already.
    util::Result<std::optional<bridge::FormatMessage>> read_format();

    /// What there is. Errors: the kernel broke the protocol.
    util::Result<Batch> read();

    /// Takes what a FORMAT says about the size of messages. EPROTO: nobody has that much.
    util::Result<void> take_format(const bridge::FormatMessage& format);

    /// Until there is something to read, or for `timeout`. Whether there is.
    util::Result<bool> wait(std::optional<std::chrono::microseconds> timeout);

  private:
    bridge::SessionChannel& channel_;
    MessageBuffers buffers_;
    std::size_t max_message_ = 0;
};

} // namespace daedalus::worker
