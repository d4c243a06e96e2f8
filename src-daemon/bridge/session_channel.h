// SPDX-License-Identifier: BSD-2-Clause
// A worker's end of a session.
#pragma once

#include "daedalus/protocol.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::bridge {

/// What a read of messages came to.
enum class ReadState {
    data,      ///< whole messages, `size` bytes of them
    nothing,   ///< none now; poll the fd
    too_small, ///< the buffer is smaller than the next message; ask max_message()
    closed,    ///< the client closed the session; nothing will follow
};

/// What PICTURE and STREAM came to.
enum class StreamAnswer {
    taken, ///< done; go on
    wait,  ///< STREAM: every buffer is void, and others will come
    gone,  ///< PICTURE: the buffer is void, a FLUSH will say why
    stale, ///< a FLUSH of INPUT waits to be read: nobody wants this any more
};

struct ReadOutcome {
    ReadState state = ReadState::nothing;
    std::size_t size = 0;
};

/// The calls of protocol.h's session fd. Implemented by the real thing (session_fd.h) and by a socket whose
/// other end a test or a benchmark holds (socket_channel.h). Not thread safe.
class SessionChannel {
  public:
    SessionChannel() = default;
    SessionChannel(const SessionChannel&) = delete;
    SessionChannel& operator=(const SessionChannel&) = delete;
    virtual ~SessionChannel() = default;

    /// Readable (POLLIN) when a message waits.
    [[nodiscard]] virtual int poll_fd() const = 0;
    /// Never blocks. Errors are those of a broken device.
    virtual util::Result<ReadOutcome> read(std::span<std::byte> buffer) = 0;
    /// True: done. False: the kernel had ended that job already, which is harmless.
    virtual util::Result<bool> complete(std::uint64_t cookie, std::uint32_t flags,
                                        daedalus_status status) = 0;
    /// A dma-buf of one memory plane of a CAPTURE buffer that an undone job writes to, or that was offered.
    /// ENOENT: no such job or offer.
    virtual util::Result<util::UniqueFd> export_buffer(std::uint64_t buffer, std::uint32_t plane) = 0;
    virtual util::Result<void> flushed(std::uint32_t epoch) = 0;
    /// Stateful sessions: an offered buffer holds the next picture.
    virtual util::Result<StreamAnswer> picture(const daedalus_picture& picture) = 0;
    /// Stateful sessions: what the pictures from here on are like.
    virtual util::Result<StreamAnswer> stream(const daedalus_stream& stream) = 0;
    /// Bytes that a buffer for read() must have for the next message.
    virtual util::Result<std::size_t> max_message() = 0;
};

} // namespace daedalus::bridge
