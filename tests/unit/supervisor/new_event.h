// SPDX-License-Identifier: BSD-2-Clause
// An event loop for a test.
#pragma once

#include "supervisor/event.h"

#include <gtest/gtest.h>

namespace daedalus::supervisor {

inline Event new_event() {
    sd_event* event = nullptr;
    EXPECT_GE(sd_event_new(&event), 0);
    return Event(event);
}

} // namespace daedalus::supervisor
