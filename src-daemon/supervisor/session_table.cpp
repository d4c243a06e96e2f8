// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/session_table.h"

#include "replay/journal_memory.h"
#include "supervisor/worker_end.h"
#include "worker/exit_status.h"

#include <sys/epoll.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

namespace daedalus::supervisor {

namespace {

constexpr std::uint64_t tick_us = 50'000;
/// A session without a worker that the kernel does not offer again in this time has been closed.
constexpr std::uint64_t idle_us = 10'000'000;

} // namespace

SessionTable::SessionTable(sd_event* event, const config::Config& config, Cancel cancel)
    : event_(event), config_(config), cancel_(std::move(cancel)), launcher_(event, config) {}

void SessionTable::accept(bridge::AcceptedSession accepted) {
    std::unique_ptr<Session>& slot = sessions_[accepted.info.session];
    if (!slot)
        slot = std::make_unique<Entry>(this, accepted.info, monotonic_us());
    auto& session = static_cast<Entry&>(*slot);
    session.info = accepted.info;
    session.idle_since_us = 0;
    session.parked_fd = std::move(accepted.fd);
    arm_tick();

    if (session.worker) {
        // Either it has died, and the kernel has been quicker to tell of the end of its files than of its
        // own; or the kernel has given up on it, but it may still write to the client's buffers.
        session.worker->given_up = true;
        session.worker->process.kill(SIGKILL);
    } else if (!session.broken) {
        start_worker(session);
    }
}

void SessionTable::start_worker(Entry& session) {
    auto worker = spawn(session);
    if (!worker) {
        util::log(session.log_context(), util::LogLevel::error, "%s", worker.error().message.c_str());
        park_broken(session);
        return;
    }
    session.worker = std::move(*worker);
    // From here on the worker's end is the last close of the session fd, which is how the kernel learns of
    // it.
    session.parked_fd.reset();
    util::log(session.log_context(), util::LogLevel::debug, "worker %d started (%u before it)",
              static_cast<int>(session.worker->process.pid()), session.info.attempt);
}

util::Result<Worker> SessionTable::spawn(Entry& session) {
    const bool replayed = session.info.kind != DAEDALUS_SESSION_STATEFUL;
    if (replayed && !session.journal && config_.journal_bytes > 0) {
        auto made = replay::JournalMemory::create(config_.journal_bytes);
        if (made)
            session.journal = std::move(*made);
        else
            util::log(session.log_context(), util::LogLevel::warning, "%s", made.error().message.c_str());
    }
    auto idle = launcher_.take();
    if (!idle)
        return std::unexpected(idle.error());
    auto watch = watch_fd(event_, idle->process.poll_fd(), EPOLLIN, on_worker_exit, &session);
    if (!watch)
        return std::unexpected(watch.error());
    // A worker that has ended already takes nothing, which its exit will tell.
    if (auto handed_over = idle->hand_over(session.parked_fd.get(), session.journal.get());
        !handed_over && handed_over.error().code != std::errc::broken_pipe)
        return std::unexpected(handed_over.error());
    return Worker{std::move(idle->process), std::move(idle->page), std::move(*watch)};
}

int SessionTable::on_worker_exit(sd_event_source*, int, std::uint32_t, void* user) {
    auto& session = *static_cast<Entry*>(user);
    session.table->worker_ended(session);
    return 0;
}

void SessionTable::worker_ended(Entry& session) {
    if (!session.worker)
        return;
    session.totals.retire_worker(session.worker_snapshot().counters);
    const bool killed = session.worker->killed, given_up = session.worker->given_up;
    const int pid = static_cast<int>(session.worker->process.pid());
    const ExitStatus status = session.worker->process.reap();
    const std::string end = describe_end(status, session.worker->page);
    session.worker.reset();

    if (status.success()) {
        // It has read the end of the session: the client has closed.
        forget(session.info.session);
        return;
    }
    if (status.exited && status.value == worker::exit_codec_changed) {
        // The client streams another codec; the kernel offers the session again.
        if (session.parked_fd)
            start_worker(session);
        else
            session.idle_since_us = monotonic_us();
        return;
    }
    workers_died_++;
    if (given_up && !status.exited && status.value == SIGKILL)
        util::log(session.log_context(), util::LogLevel::warning,
                  "worker %d does not answer the kernel: killed", pid);
    else if (!killed)
        util::log(session.log_context(), util::LogLevel::error, "the worker %s", end.c_str());
    const bool too_many = session.note_death(monotonic_us(), config_);
    if (!session.parked_fd) {
        session.idle_since_us = monotonic_us();
        session.broken = too_many; // told when the kernel offers it again
        if (too_many)
            park_broken(session);
    } else if (too_many) {
        park_broken(session);
    } else {
        start_worker(session);
    }
}

void SessionTable::park_broken(Entry& session) {
    constexpr std::uint64_t second_us = 1'000'000;
    const std::uint64_t wait_us = config_.worker_death_window_s * second_us;
    auto end = call_later(event_, wait_us, on_broken_end, &session);
    if (!end) {
        util::log(session.log_context(), util::LogLevel::error, "%s", end.error().message.c_str());
        session.parked_fd.reset(); // the kernel offers it again at once
        return;
    }
    session.broken = true;
    session.broken_end = std::move(*end);
    util::log(session.log_context(), util::LogLevel::error, "no worker for the next %u s: its requests fail",
              config_.worker_death_window_s);
}

int SessionTable::on_broken_end(sd_event_source*, std::uint64_t, void* user) {
    auto& session = *static_cast<Entry*>(user);
    session.broken_end.reset();
    session.broken = false;
    session.deaths_us.clear();
    if (session.parked_fd)
        session.table->start_worker(session);
    return 0;
}

// A job that the worker has held for too long: a stream that it takes for ever to decode, or a bug. The
// kernel's own watchdog sees the rest, such as a worker that does not even read.
void SessionTable::check_deadline(Entry& session) const {
    if (!session.worker || session.worker->killed || session.worker->given_up)
        return;
    const statistics::Snapshot snapshot = session.worker_snapshot();
    const std::uint64_t deadline_us = config_.frame_deadline_ms * std::uint64_t(1000);
    const bool stuck = snapshot.since_progress_us.value_or(0) > deadline_us &&
                       std::ranges::any_of(snapshot.jobs, [&](const statistics::Job& job) {
                           return job.state != statistics::JobState::done && job.in_state_us > deadline_us;
                       });
    if (!stuck)
        return;
    util::log(session.log_context(), util::LogLevel::warning,
              "worker %d took more than %u ms for a picture: killed",
              static_cast<int>(session.worker->process.pid()), config_.frame_deadline_ms);
    session.worker->killed = true;
    session.worker->process.kill(SIGKILL);
}

void SessionTable::forget(std::uint64_t id) {
    auto found = sessions_.find(id);
    if (found == sessions_.end())
        return;
    const Session& session = *found->second;
    codec_totals_.retire_session(static_cast<daedalus_codec>(session.info.codec),
                                 session.totals.total(session.worker_snapshot().counters));
    sessions_.erase(found);
}

void SessionTable::arm_tick() {
    if (tick_)
        return;
    auto tick = call_later(event_, tick_us, on_tick, this);
    if (tick)
        tick_ = std::move(*tick);
    else
        util::log(util::LogLevel::error, "%s", tick.error().message.c_str());
}

int SessionTable::on_tick(sd_event_source*, std::uint64_t, void* user) {
    auto& table = *static_cast<SessionTable*>(user);
    table.tick_.reset();
    table.tick();
    if (!table.sessions_.empty())
        table.arm_tick();
    return 0;
}

void SessionTable::tick() {
    const std::uint64_t now = monotonic_us();
    std::vector<std::uint64_t> closed;
    for (auto& [id, base] : sessions_) {
        auto& session = static_cast<Entry&>(*base);
        check_deadline(session);
        // Nobody decodes for it: its requests fail now, not at the kernel's deadline.
        if (session.broken && session.parked_fd)
            cancel_(id);
        if (!session.worker && !session.parked_fd && session.idle_since_us != 0 &&
            now - session.idle_since_us > idle_us)
            closed.push_back(id);
    }
    for (const std::uint64_t id : closed)
        forget(id);
}

void SessionTable::clear() {
    std::vector<std::uint64_t> ids;
    ids.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_)
        ids.push_back(id);
    for (const std::uint64_t id : ids)
        forget(id);
    launcher_.clear();
}

void SessionTable::reset_statistics() {
    for (auto& [id, session] : sessions_) {
        session->totals.reset(session->worker_snapshot().counters);
        session->counted_since_us = monotonic_us();
    }
    codec_totals_.reset();
}

} // namespace daedalus::supervisor
