// SPDX-License-Identifier: BSD-2-Clause
// A shell command that runs beside what is measured, and what it costs.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace daedalus::bench {

/// Processor time that a process of ours has used so far.
[[nodiscard]] std::uint64_t processor_time_us(pid_t pid);

/// Runs from its construction on.
class Companion {
  public:
    explicit Companion(const std::string& command);
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;
    /// stop() if that has not been done.
    ~Companion();

    /// Ends it with SIGTERM and returns the processor time of it and of all that it ran and waited for.
    /// Throws std::runtime_error if it had ended by itself.
    std::uint64_t stop();

  private:
    pid_t pid_ = 0;
};

} // namespace daedalus::bench
