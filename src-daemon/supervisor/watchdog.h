// SPDX-License-Identifier: BSD-2-Clause
// The service manager's watchdog over the supervisor.
#pragma once

#include "supervisor/event.h"
#include "util/error.h"

#include <cstdint>
#include <optional>

namespace daedalus::supervisor {

/// Tells the service manager that the event loop goes round, from that loop, so only as long as it does.
/// sd-event can do so by itself but does not say when it last did.
class Watchdog {
  public:
    Watchdog() = default;
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Begins; does nothing where no service manager watches. `event` outlives this. Errors: those of
    /// sd_watchdog_enabled and of timers.
    [[nodiscard]] util::Result<void> start(sd_event* event);

    /// How long the service manager waits for a word; unset where it does not watch.
    [[nodiscard]] std::optional<std::uint64_t> timeout_us() const;
    /// Since the last word, at `now_us` of monotonic_us().
    [[nodiscard]] std::optional<std::uint64_t> age_us(std::uint64_t now_us) const;

  private:
    static int on_time(sd_event_source* source, std::uint64_t usec, void* user);
    [[nodiscard]] util::Result<void> kick();

    sd_event* event_ = nullptr;
    std::uint64_t timeout_us_ = 0; ///< 0: nobody watches
    std::uint64_t kicked_us_ = 0;
    Source timer_;
};

} // namespace daedalus::supervisor
