// SPDX-License-Identifier: BSD-2-Clause
// An event source that goes with its owner.
#pragma once

#include <systemd/sd-event.h>

#include <memory>

namespace daedalus::control {

struct EventSourceRelease {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};

/// Owns one reference of an event source; disabled before it is given up, so that its handler never runs
/// afterwards, not even when the owner is deleted in another handler.
using EventSource = std::unique_ptr<sd_event_source, EventSourceRelease>;

} // namespace daedalus::control
