// SPDX-License-Identifier: BSD-2-Clause
// The supervisor's end of the kernel module: /dev/daedalus-v4l2.
#pragma once

#include "daedalus/protocol.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <cstdint>
#include <optional>
#include <string>

namespace daedalus::bridge {

/// What the daemon tells the module in HELLO.
struct Hello {
    std::uint64_t codecs = 0; ///< 1 << enum daedalus_codec
    std::uint32_t job_timeout_ms = 0;
    std::uint32_t max_sessions = 0;
};

/// What came of a HELLO.
struct HelloReply {
    bool accepted = false; ///< false: the module speaks module_protocol, not DAEDALUS_PROTO_VERSION
    std::uint32_t module_protocol = 0;
    std::string module_version;
    std::uint64_t features = 0;
};

/// A session that was taken, and its fd.
struct AcceptedSession {
    util::UniqueFd fd;
    daedalus_session_info info = {};
};

/// The control fd. Not thread safe.
class ControlDevice {
  public:
    /// ENOENT, ENXIO or ENODEV: the module is not loaded. EBUSY: another daemon has it. EACCES: not our
    /// user's.
    static util::Result<ControlDevice> open(const std::string& path);
    /// Takes a control fd that somebody else opened (and said HELLO on, or not).
    static ControlDevice adopt(util::UniqueFd fd) { return ControlDevice(std::move(fd)); }

    /// Readable (POLLIN) when a session waits for a worker.
    [[nodiscard]] int poll_fd() const { return fd_.get(); }

    /// Introduces the daemon; a second time replaces the limits.
    util::Result<HelloReply> hello(const Hello& hello);
    /// The session that waits longest, or nothing.
    util::Result<std::optional<AcceptedSession>> accept();
    /// Ends a job of a session with an error to its client, or all of them (cookie 0). Returns how many.
    util::Result<std::uint32_t> cancel(std::uint64_t session, std::uint64_t cookie);

  private:
    explicit ControlDevice(util::UniqueFd fd) : fd_(std::move(fd)) {}

    util::UniqueFd fd_;
};

} // namespace daedalus::bridge
