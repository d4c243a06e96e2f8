// SPDX-License-Identifier: BSD-2-Clause
// A playback in a process of its own, with a limit on its time.
#pragma once

#include "support/gst/job.h"

#include <string>

namespace daedalus::test {

/// Plays in a forked process and waits for it. A process that crashes, or that does not end in time and is
/// killed, becomes a result like any other; "unkillable" if it has not gone five seconds after SIGKILL.
PlayResult play_in_child(const PlayJob& job, const std::string& frames_file);

} // namespace daedalus::test
