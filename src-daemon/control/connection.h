// SPDX-License-Identifier: BSD-2-Clause
// One client of the control socket.
#pragma once

#include "control/event_source.h"
#include "control/message.h"
#include "control/peer.h"
#include "control/server.h"
#include "util/unique_fd.h"

#include <cstdint>
#include <optional>
#include <string>

namespace daedalus::control {

/// Reads calls, writes answers, never blocks. Removes itself from its server when it is over.
class Connection {
  public:
    Connection(Server& server, util::UniqueFd fd, const Peer& peer, Access access);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() = default;

    /// Registers with the event loop. Errors: those of sd_event_add_io.
    [[nodiscard]] util::Result<void> start();
    [[nodiscard]] uid_t uid() const { return uid_; }
    /// Whether the client has done nothing for so long that the connection is to be closed.
    [[nodiscard]] bool expired(std::uint64_t now_us) const;

  private:
    static int on_socket(sd_event_source* source, int fd, std::uint32_t events, void* userdata);
    static int on_resume(sd_event_source* source, std::uint64_t usec, void* userdata);
    static int on_repeat(sd_event_source* source, std::uint64_t usec, void* userdata);

    void receive();
    void process();
    void answer(const Request& request);
    void send(std::string&& message);
    void flush();
    /// Waits for what can happen next, or removes the connection. Last in each handler: may delete this.
    void settle();
    /// Calls on_time once at `when_us`, reusing the source that there is.
    [[nodiscard]] bool arm(EventSource& source, std::uint64_t when_us, sd_event_time_handler_t on_time);
    [[nodiscard]] std::uint64_t now_us() const;

    Server& server_;
    util::UniqueFd fd_;
    uid_t uid_;
    Access access_;
    MessageBuffer input_;
    std::string output_;
    std::optional<Request> stream_; ///< a call with "more" that is answered again and again
    std::uint64_t last_call_us_;
    std::uint64_t last_written_us_;
    bool end_of_input_ = false;
    bool throttled_ = false; ///< until on_resume
    bool failed_ = false;    ///< to be removed
    EventSource socket_source_;
    EventSource resume_source_;
    EventSource repeat_source_;
};

} // namespace daedalus::control
