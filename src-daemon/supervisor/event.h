// SPDX-License-Identifier: BSD-2-Clause
// sd-event's objects with owners.
#pragma once

#include "control/event_source.h"
#include "util/error.h"

#include <systemd/sd-event.h>

#include <cstdint>
#include <memory>

namespace daedalus::supervisor {

struct EventDeleter {
    void operator()(sd_event* event) const { sd_event_unref(event); }
};
using Event = std::unique_ptr<sd_event, EventDeleter>;

using Source = control::EventSource;

/// Watches `fd` for `events` (EPOLLIN, ...). `fd` outlives the source.
[[nodiscard]] inline util::Result<Source> watch_fd(sd_event* event, int fd, std::uint32_t events,
                                                   sd_event_io_handler_t handler, void* user) {
    sd_event_source* source = nullptr;
    if (const int error = sd_event_add_io(event, &source, fd, events, handler, user); error < 0)
        return util::fail_errno("can't watch a file descriptor", -error);
    return Source(source);
}

/// Has what is ready at the same time as others handled before them.
inline void prefer(const Source& source) {
    sd_event_source_set_priority(source.get(), SD_EVENT_PRIORITY_IMPORTANT);
}

/// Calls `handler` once, `after_us` microseconds from now.
[[nodiscard]] inline util::Result<Source> call_later(sd_event* event, std::uint64_t after_us,
                                                     sd_event_time_handler_t handler, void* user) {
    sd_event_source* source = nullptr;
    if (const int error =
            sd_event_add_time_relative(event, &source, CLOCK_MONOTONIC, after_us, 0, handler, user);
        error < 0)
        return util::fail_errno("can't set a timer", -error);
    return Source(source);
}

} // namespace daedalus::supervisor
