// SPDX-License-Identifier: BSD-2-Clause
// One client that streams, as the supervisor knows it, and the worker that decodes for it.
#pragma once

#include "bridge/control_device.h"
#include "config/config.h"
#include "statistics/session_totals.h"
#include "statistics/worker_page.h"
#include "supervisor/child_process.h"
#include "supervisor/event.h"
#include "util/log.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace daedalus::supervisor {

/// What a running worker consists of.
struct Worker {
    ChildProcess process;
    statistics::WorkerPage page;
    util::UniqueFd lifeline; ///< the worker dies when all copies of it are closed
    Source exit_watch;       ///< before the process goes, so must this
    std::uint32_t codec;     ///< what it was started for
    bool killed = false;     ///< by us: the log has said why
    bool given_up = false;   ///< by the kernel: killed by us, if it had not died by itself
};

/// A session is in one of three states:
///   waiting    no worker, no fd: the kernel will offer it again when its client streams.
///   streaming  worker: it holds the session fd, and this process does not.
///   parked     parked_fd: we hold the session fd ourselves, either until the worker before has ended, which
///              may still write to the client's buffers, or because too many have died.
struct Session {
    explicit Session(const daedalus_session_info& session_info, std::uint64_t now_us);

    daedalus_session_info info;
    std::uint64_t since_us;         ///< monotonic
    std::uint64_t counted_since_us; ///< since_us, or when the statistics were reset
    std::optional<Worker> worker;
    util::UniqueFd parked_fd;
    util::UniqueFd journal;                  ///< goes from worker to worker; nobody looks into it here
    util::UniqueFd record;                   ///< what the next supervisor must know, where one is expected
    bool without_gpu = false;                ///< a worker has died, maybe of the GPU or its driver
    bool broken = false;                     ///< parked because its workers die
    Source broken_end;                       ///< when it gets another chance
    std::optional<std::uint32_t> left_codec; ///< its last worker has said that the client left this one
    std::uint32_t counted_codec;             ///< the one that `totals` are of
    statistics::SessionTotals totals;
    std::deque<std::uint64_t> deaths_us; ///< of its workers, oldest first
    std::uint64_t idle_since_us = 0;     ///< waiting since; 0: not waiting

    /// The name of the client as a string that is safe to print.
    [[nodiscard]] std::string client_comm() const;
    /// Whom log lines about this session are about.
    [[nodiscard]] util::LogContext log_context() const;
    /// The counters of the present worker, zeros without one.
    [[nodiscard]] statistics::Snapshot worker_snapshot() const;

    /// Notes a worker's death. Whether there have been too many in the window, this one included.
    bool note_death(std::uint64_t now_us, const config::Config& config);
};

/// CLOCK_MONOTONIC in microseconds.
[[nodiscard]] std::uint64_t monotonic_us();

} // namespace daedalus::supervisor
