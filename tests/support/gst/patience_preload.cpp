// SPDX-License-Identifier: BSD-2-Clause
// Gives GStreamer's own programs the patience of daedalus-gst-player, when it is loaded before their
// libraries:
//
//	DAEDALUS_GST_PATIENCE=SECONDS LD_PRELOAD=libdaedalus-gst-patience.so gst-launch-1.0 ...
#include "support/gst/patience.h"

#include <cstdlib>

namespace {

__attribute__((constructor)) void take_patience_from_environment() {
    const char* seconds = std::getenv("DAEDALUS_GST_PATIENCE");
    const unsigned long factor = seconds ? std::strtoul(seconds, nullptr, 10) : 0;
    if (factor > 0)
        daedalus::test::set_patience(static_cast<unsigned>(factor));
}

} // namespace
