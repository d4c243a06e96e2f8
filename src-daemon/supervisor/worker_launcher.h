// SPDX-License-Identifier: BSD-2-Clause
// Where workers come from: one is always kept ready, so that a new session does not wait for libraries to
// load.
#pragma once

#include "config/config.h"
#include "statistics/worker_page.h"
#include "supervisor/child_process.h"
#include "supervisor/event.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <optional>

namespace daedalus::supervisor {

/// A worker that has no session yet: it loads its libraries and waits.
struct IdleWorker {
    ChildProcess process;
    statistics::WorkerPage page;
    util::UniqueFd socket; ///< for the session's fd; the worker dies when all copies of it are closed

    /// Gives it its session, and the session's journal unless that is -1. The worker has the fds as soon as
    /// this returns, whenever it gets round to read them; the caller closes its own copy of the session's.
    /// One that has ended takes nothing, which is no error: its exit tells.
    [[nodiscard]] util::Result<void> hand_over(int session_fd, int journal_fd) const;
};

class WorkerLauncher {
  public:
    /// Both outlive this.
    WorkerLauncher(sd_event* event, const config::Config& config) : event_(event), config_(config) {}

    /// The spare worker, or a new one when there is none. Another spare is started a moment later, so that it
    /// does not compete with the first pictures of this one.
    util::Result<IdleWorker> take();

    /// One that leaves the GPU alone, whatever the configuration says. Where a GPU is wanted it is the first
    /// thing that a worker turns to, so the spare will not do.
    util::Result<IdleWorker> take_without_gpu();

    /// Starts the spare worker if there is none. That it fails shows when a session needs one.
    void prepare();

    /// Ends the spare worker.
    void clear();

  private:
    static int on_refill(sd_event_source* source, std::uint64_t usec, void* user);

    util::Result<IdleWorker> start(const config::WorkerOptions& options);
    util::Result<void> open_program();

    sd_event* event_;
    const config::Config& config_;
    /// The worker's program as it was when this process first needed it. An upgrade puts another in its
    /// place some time before this process ends, and the two need not understand each other.
    util::UniqueFd program_;
    std::optional<IdleWorker> spare_;
    Source refill_;
};

} // namespace daedalus::supervisor
