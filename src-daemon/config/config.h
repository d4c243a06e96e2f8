// SPDX-License-Identifier: BSD-2-Clause
// The daemon's configuration file, daedalus-v4l2.conf(5).
#pragma once

#include "config/worker_options.h"
#include "util/error.h"
#include "util/log.h"

#include <cstdint>
#include <string>
#include <vector>

namespace daedalus::config {

/// Everything that can be set, with the defaults.
struct Config {
    std::string device = "/dev/daedalus-v4l2";
    std::string control_socket;
    std::string worker; ///< path of daedalus-worker
    util::LogLevel log_level = util::LogLevel::info;

    std::uint32_t max_sessions = 64;       ///< that stream at a time
    std::uint32_t job_timeout_ms = 900;    ///< the kernel's deadline for a request
    std::uint32_t frame_deadline_ms = 700; ///< a worker that works longer on one picture is killed
    std::uint32_t worker_deaths = 5; ///< this many within worker_death_window_s: no more workers for a while
    std::uint32_t worker_death_window_s = 10;
    std::uint64_t journal_bytes = 8U << 20; ///< of bitstream that a session's next worker can decode again

    WorkerOptions worker_options;

    /// The defaults of this build.
    Config();
};

/// A configuration and what is odd about the file it came from.
struct Loaded {
    Config config;
    std::vector<std::string> warnings; ///< "FILE:LINE: sentence": unknown sections and keys
};

/// Reads `path`. A file that does not exist gives the defaults. Errors name file and line: a line that is no
/// assignment, a value that is malformed or out of range, a file that can't be read.
util::Result<Loaded> load(const std::string& path);

} // namespace daedalus::config
