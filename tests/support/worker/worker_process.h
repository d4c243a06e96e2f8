// SPDX-License-Identifier: BSD-2-Clause
// A worker in a process and a sandbox of its own, whose kernel is a StandInKernel.
#pragma once

#include "sandbox/refused_call.h"
#include "util/error.h"
#include "util/unique_fd.h"
#include "worker/gpu.h"
#include "worker/session.h"

#include <sys/types.h>

#include <optional>

namespace daedalus::test {

/// As daedalus-worker, but for the socket that stands in for its session fd: its system calls are allowed,
/// too.
class WorkerProcess {
  public:
    struct Options {
        decoder::DecoderOptions decoder = {};
        worker::WorkerLimits limits = {};
        std::uint64_t memory_bytes = 0;
        int journal = -1; ///< the session's, as the supervisor keeps it; -1: none
        int page = -1;    ///< of statistics; -1: none
        std::optional<gpu::Options> gpu = std::nullopt; ///< to be used
    };

    /// Starts it with the worker's end of the socket; throws.
    WorkerProcess(util::UniqueFd socket, const Options& options);
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    /// Kills it if finish() has not been called.
    ~WorkerProcess();

    /// Waits for its end. ECANCELED: a signal killed it; the message tells which, and the call if it was the
    /// sandbox.
    util::Result<worker::End> finish();

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;                     ///< 0: finished
    sandbox::RefusedCallCell* refused_; ///< in memory that is shared with it
};

} // namespace daedalus::test
