// SPDX-License-Identifier: BSD-2-Clause
// One file through one GStreamer pipeline.
#pragma once

#include "support/gst/job.h"

#include <string>

namespace daedalus::test {

/// Loads the plugins of all pipelines, so that processes forked later find them loaded. Returns the names of
/// elements that this GStreamer has not, separated by blanks.
std::string load_plugins();

/// Plays to the end, or to the first error, and closes the device. `frames_file`: where to write a line
/// "NUMBER WIDTHxHEIGHT MD5" for each frame; empty for nowhere.
PlayResult play(const PlayJob& job, const std::string& frames_file);

} // namespace daedalus::test
