// SPDX-License-Identifier: BSD-2-Clause
// The daemon's control socket in front of one session, in a process of its own as daedalusd is.
#pragma once

#include "statistics/worker_page.h"

#include <string>
#include <sys/types.h>

namespace daedalus::bench {

/// Serves from its construction on; throws std::runtime_error when it cannot.
class ControlProcess {
  public:
    /// `page`: of the session's worker, whose process is `worker`.
    ControlProcess(const std::string& socket, const statistics::WorkerPage& page, pid_t worker);
    ControlProcess(const ControlProcess&) = delete;
    ControlProcess& operator=(const ControlProcess&) = delete;
    ~ControlProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;
};

} // namespace daedalus::bench
