// SPDX-License-Identifier: BSD-2-Clause
// The kernel's end of a session, for tests and benchmarks.
#pragma once

#include "bridge/session_channel.h"
#include "bridge/stand_in.h"
#include "daedalus/protocol.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace daedalus::bridge {

/// A control to go with a request.
struct StandInControl {
    std::uint32_t id = 0;
    std::span<const std::byte> payload;
    std::uint32_t elems = 1;
};

/// A COMPLETE of the worker.
struct Completed {
    std::uint64_t cookie = 0;
    std::uint32_t flags = 0;
    daedalus_status status = DAEDALUS_STATUS_OK;
};

/// A FLUSHED of the worker.
struct Flushed {
    std::uint32_t epoch = 0;
};

/// A PICTURE of the worker.
using Pictured = daedalus_picture;

/// A STREAM of the worker.
using Streamed = daedalus_stream;

/// What a DECODE needs besides its controls and bitstream.
struct StandInRequest {
    std::uint64_t cookie = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t buffer = 0; ///< from add_buffer()
    std::uint32_t flags = 0;
    std::uint32_t queued = 0;
    std::uint32_t coded_width = 0;
    std::uint32_t coded_height = 0;
    std::uint32_t attempt = 0;
};

/// Sends a worker what the kernel would, and takes its answers. CAPTURE buffers are memfds.
class StandInKernel {
  public:
    using Answer = std::variant<Completed, Flushed, Pictured, Streamed>;

    /// Puts the socket for the worker's SocketChannel into `worker_end`.
    static util::Result<StandInKernel> create(util::UniqueFd& worker_end);

    /// The worker has died; its successor's socket goes into `worker_end`. What it had answered can still be
    /// had from next_answer(); what it had not is for the caller to send again.
    util::Result<void> replace_worker(util::UniqueFd& worker_end);
    /// Answers that have come and were not asked for yet.
    [[nodiscard]] std::size_t waiting_answers() const { return answers_.size(); }

    /// A new CAPTURE buffer of zeros; returns its id.
    util::Result<std::uint64_t> add_buffer(const daedalus_picture_layout& layout);
    /// The bytes of a memory plane of it.
    [[nodiscard]] std::span<std::uint8_t> bytes(std::uint64_t buffer, std::uint32_t plane = 0);
    /// Frees it without telling the worker, who is told by send_retire().
    void remove_buffer(std::uint64_t buffer);

    util::Result<void> send_format(daedalus_codec codec, std::uint32_t coded_width,
                                   std::uint32_t coded_height, const daedalus_picture_layout& capture,
                                   std::uint32_t max_message,
                                   daedalus_session_kind kind = DAEDALUS_SESSION_STATELESS);
    util::Result<void> send_decode(const StandInRequest& request, std::span<const StandInControl> controls,
                                   std::span<const std::byte> bitstream);
    util::Result<void> send_flush(std::uint32_t epoch,
                                  std::uint32_t flags = DAEDALUS_FLUSH_INPUT | DAEDALUS_FLUSH_CAPTURE);
    util::Result<void> send_input(std::uint64_t cookie, std::uint64_t timestamp,
                                  std::span<const std::byte> bitstream);
    util::Result<void> send_capture(std::uint64_t cookie, std::uint64_t buffer);
    util::Result<void> send_drain(std::uint64_t cookie);
    util::Result<void> send_retire(std::uint64_t buffer);
    /// Sends bytes as they are, for what no kernel would say.
    util::Result<void> send_raw(std::span<const std::byte> bytes);

    /// The next answer; EXPORTs are served on the way. ETIMEDOUT: none within `timeout_ms`. ECONNRESET: the
    /// worker has gone.
    util::Result<Answer> next_answer(int timeout_ms = 10000);

    /// What STREAM and PICTURE get for an answer from now on; taken unless told.
    void answer_streams(StreamAnswer answer) { stream_answer_ = answer; }
    void answer_pictures(StreamAnswer answer) { picture_answer_ = answer; }

    /// How often EXPORT was called.
    [[nodiscard]] unsigned exports() const { return exports_; }

    /// The client closes the session.
    void close() { socket_.reset(); }

  private:
    struct Plane {
        util::UniqueFd fd;
        std::span<std::uint8_t> bytes;
        Plane() = default;
        Plane(Plane&& other) noexcept : fd(std::move(other.fd)), bytes(std::exchange(other.bytes, {})) {}
        Plane& operator=(Plane&&) = delete;
        ~Plane();
    };
    struct Buffer {
        daedalus_picture_layout layout = {};
        std::vector<Plane> planes;
    };

    explicit StandInKernel(util::UniqueFd socket) : socket_(std::move(socket)) {}
    util::Result<void> serve_export(const StandInCall& call, const util::UniqueFd& reply);

    /// Takes one call of the worker's, blocking; nothing when it was an EXPORT, which has been served.
    util::Result<std::optional<Answer>> receive_call();

    util::UniqueFd socket_;
    std::deque<Answer> answers_; ///< that came while we were sending
    std::map<std::uint64_t, Buffer> buffers_;
    std::uint64_t next_buffer_ = 1;
    unsigned exports_ = 0;
    StreamAnswer stream_answer_ = StreamAnswer::taken;
    StreamAnswer picture_answer_ = StreamAnswer::taken;
    std::vector<std::byte> scratch_;
};

} // namespace daedalus::bridge
