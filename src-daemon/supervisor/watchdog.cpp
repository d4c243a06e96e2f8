// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/watchdog.h"

#include "supervisor/session.h"
#include "util/log.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace daedalus::supervisor {

util::Result<void> Watchdog::start(sd_event* event) {
    std::uint64_t timeout_us = 0;
    const int watches = sd_watchdog_enabled(0, &timeout_us);
    if (watches < 0)
        return util::fail_errno("can't read what the service manager's watchdog wants", -watches);
    if (watches == 0)
        return {};
    event_ = event;
    timeout_us_ = timeout_us;
    return kick();
}

util::Result<void> Watchdog::kick() {
    (void)sd_notify(0, "WATCHDOG=1");
    kicked_us_ = monotonic_us();
    auto timer = call_later(event_, timeout_us_ / 2, on_time, this);
    if (!timer)
        return std::unexpected(std::move(timer.error()));
    timer_ = std::move(*timer);
    return {};
}

int Watchdog::on_time(sd_event_source*, std::uint64_t, void* user) {
    auto& watchdog = *static_cast<Watchdog*>(user);
    if (auto kicked = watchdog.kick(); !kicked) {
        // The service manager will kill this process for its silence: better now, and with the reason.
        util::log(util::LogLevel::error, "%s", kicked.error().message.c_str());
        sd_event_exit(watchdog.event_, EXIT_FAILURE);
    }
    return 0;
}

std::optional<std::uint64_t> Watchdog::timeout_us() const {
    return timeout_us_ != 0 ? std::optional(timeout_us_) : std::nullopt;
}

std::optional<std::uint64_t> Watchdog::age_us(std::uint64_t now_us) const {
    return timeout_us_ != 0 ? std::optional(now_us - kicked_us_) : std::nullopt;
}

} // namespace daedalus::supervisor
