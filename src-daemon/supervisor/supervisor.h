// SPDX-License-Identifier: BSD-2-Clause
// daedalusd's main object: keeps the connection to the kernel module and tells systemd how it goes.
#pragma once

#include "bridge/control_device.h"
#include "config/config.h"
#include "supervisor/codec_probe.h"
#include "supervisor/control_service.h"
#include "supervisor/event.h"
#include "supervisor/fd_store.h"
#include "supervisor/session_table.h"
#include "supervisor/watchdog.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace daedalus::supervisor {

/// Exit statuses of daedalusd beside 0 and 1.
enum ExitCode : int {
    exit_usage = 64,             ///< EX_USAGE: the command line is wrong
    exit_configuration = 78,     ///< EX_CONFIG: the configuration file is
    exit_protocol_mismatch = 76, ///< EX_PROTOCOL: the module speaks another version; restarting won't help
};

/// What the daemon is at, as the control socket says it.
using State = control::DaemonState;

class Supervisor {
  public:
    explicit Supervisor(config::Config config);

    /// Runs until SIGTERM or SIGINT (0), or until it can't go on. Returns the program's exit status.
    int run();

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const std::string& state_reason() const { return state_reason_; }
    [[nodiscard]] std::uint64_t state_since_us() const { return state_since_us_; }
    [[nodiscard]] std::uint64_t started_us() const { return started_us_; }
    [[nodiscard]] const config::Config& config() const { return config_; }
    [[nodiscard]] const CodecProbe& codecs() const { return codecs_; }
    [[nodiscard]] const bridge::HelloReply& module() const { return module_; }
    [[nodiscard]] const Watchdog& watchdog() const { return watchdog_; }
    /// Since the daemon was last started by hand; unset where that is not known.
    [[nodiscard]] std::optional<std::uint64_t> restarts() const { return restarts_; }
    [[nodiscard]] const SessionTable& table() const { return table_; }
    [[nodiscard]] SessionTable& table() { return table_; }
    /// ENODEV: not connected. Else as bridge::ControlDevice::cancel.
    util::Result<std::uint32_t> cancel(std::uint64_t session, std::uint64_t cookie);

  private:
    static int on_control(sd_event_source* source, int fd, std::uint32_t events, void* user);
    static int on_retry(sd_event_source* source, std::uint64_t usec, void* user);

    int serve_until_told();
    util::Result<void> prepare_loop();
    void serve_control_socket();
    void connect();
    void lose_control();
    void connect_later(State state, const std::string& reason);
    bool greet(bridge::ControlDevice& device);
    void serve(const bridge::ControlDevice& device);
    void accept_sessions(bridge::ControlDevice& device);
    void disconnected();
    void enter(State state, const std::string& reason);

    config::Config config_;
    Event event_;
    Watchdog watchdog_;
    std::optional<std::uint64_t> restarts_;
    CodecProbe codecs_;
    bridge::HelloReply module_;
    std::optional<bridge::ControlDevice> control_;
    FdStore store_;
    SessionTable table_;
    Source control_watch_;
    Source retry_;
    State state_ = State::starting;
    std::string state_reason_;
    std::uint64_t state_since_us_;
    std::uint64_t started_us_;
    std::unique_ptr<ControlService> service_; ///< last: it looks at all of the above
};

} // namespace daedalus::supervisor
