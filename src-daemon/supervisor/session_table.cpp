// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/session_table.h"

#include "replay/journal_memory.h"
#include "supervisor/session_record.h"
#include "supervisor/worker_end.h"
#include "worker/exit_status.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace daedalus::supervisor {

namespace {

constexpr std::uint64_t tick_us = 50'000;
/// After this time without a tick this process was away: stopped, or frozen with the machine.
constexpr std::uint64_t away_us = 500'000;
/// A session without a worker that the kernel does not offer again in this time has been closed.
constexpr std::uint64_t idle_us = 10'000'000;

// What is kept of a session over a restart, each under a name of its own.
constexpr char kept_record[] = "record";
constexpr char kept_journal[] = "journal";
constexpr char kept_process[] = "process";
constexpr char kept_page[] = "page";
constexpr char kept_lifeline[] = "lifeline";
constexpr std::array<const char*, 3> kept_of_worker = {kept_process, kept_page, kept_lifeline};
constexpr char kept_prefix[] = "session-";

std::string kept_name(std::uint64_t session, const char* what) {
    return kept_prefix + std::to_string(session) + "-" + what;
}

/// The session that something is kept for: 12 of "session-12-page".
std::optional<std::uint64_t> session_of(std::string_view name) {
    const std::string_view prefix = kept_prefix;
    if (!name.starts_with(prefix))
        return std::nullopt;
    name.remove_prefix(prefix.size());
    std::uint64_t id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ec != std::errc{})
        return std::nullopt;
    return id;
}

} // namespace

SessionTable::SessionTable(sd_event* event, const config::Config& config, FdStore& store, Cancel cancel)
    : event_(event), config_(config), store_(store), cancel_(std::move(cancel)), launcher_(event, config) {}

void SessionTable::adopt() {
    std::set<std::uint64_t> ids;
    for (const auto& [name, fd] : store_.left())
        if (const auto id = session_of(name))
            ids.insert(*id);
    for (const std::uint64_t id : ids)
        adopt(id);
    if (!sessions_.empty()) {
        const auto workers = std::ranges::count_if(
            sessions_, [](const auto& entry) { return entry.second->worker.has_value(); });
        util::log(util::LogLevel::info, "goes on with %zu sessions and %zu workers of the daemon before",
                  sessions_.size(), static_cast<std::size_t>(workers));
        arm_tick();
    }
}

void SessionTable::adopt(std::uint64_t id) {
    util::UniqueFd file = store_.take(kept_name(id, kept_record));
    const auto record = read_record(file);
    if (!record || record->info.session != id) {
        // Its worker's lifeline goes with the rest of what nobody takes. The kernel offers the session again.
        if (file)
            util::log(util::LogLevel::warning, "session %llu of the daemon before is begun anew: %s",
                      static_cast<unsigned long long>(id),
                      record ? "this is another's record" : record.error().message.c_str());
        store_.drop(kept_name(id, kept_record));
        return;
    }
    auto entry = std::make_unique<Entry>(this, record->info, record->since_us);
    Entry& session = *entry;
    session.counted_since_us = record->counted_since_us;
    session.totals = record->totals;
    session.record = std::move(file);
    session.journal = store_.take(kept_name(id, kept_journal));
    // Restarts that come quickly must not keep a session for ever that nobody has.
    session.idle_since_us = record->idle_since_us != 0 ? record->idle_since_us : monotonic_us();
    sessions_[id] = std::move(entry);
    if (record->worker_pid != 0)
        adopt_worker(session, static_cast<pid_t>(record->worker_pid));
    else if (record->idle_since_us == 0)
        write_down(session);
}

/// The worker that the session had, or what is left of it.
void SessionTable::adopt_worker(Entry& session, pid_t pid) {
    const std::uint64_t id = session.info.session;
    util::UniqueFd pidfd = store_.take(kept_name(id, kept_process));
    util::UniqueFd lifeline = store_.take(kept_name(id, kept_lifeline));
    auto page = statistics::WorkerPage::map(store_.take(kept_name(id, kept_page)),
                                            statistics::WorkerPage::Access::read);
    // The store lets go of what has ended.
    if (!pidfd || !lifeline) {
        if (page)
            session.totals.retire_worker(statistics::snapshot(*page, statistics::monotonic_ns()).counters);
        if (page && learn_end({.known = false}, *page).success())
            forget(id); // the client has closed
        else
            drop_worker(session);
        return;
    }
    ChildProcess process = ChildProcess::adopt(pid, std::move(pidfd)); // killed if what follows fails
    auto watch = watch_fd(event_, process.poll_fd(), EPOLLIN, on_worker_exit, &session);
    if (!page || !watch) {
        util::log(session.log_context(), util::LogLevel::warning, "its worker is replaced: %s",
                  (page ? watch.error() : page.error()).message.c_str());
        drop_worker(session);
        return;
    }
    session.worker = Worker{std::move(process), std::move(*page), std::move(lifeline), std::move(*watch),
                            session.info.codec};
    session.idle_since_us = 0;
}

/// The session has no worker that the next supervisor could go on with. One that lives yet loses its
/// lifeline.
void SessionTable::drop_worker(Entry& session) {
    for (const char* what : kept_of_worker)
        store_.drop(kept_name(session.info.session, what));
    write_down(session);
}

/// Where there may be a next supervisor: what it must know.
void SessionTable::write_down(Entry& session) {
    if (!store_.active())
        return;
    const bool first = !session.record;
    const SessionRecord record = {
        .info = session.info,
        .since_us = session.since_us,
        .counted_since_us = session.counted_since_us,
        .idle_since_us = session.idle_since_us,
        .worker_pid = session.worker ? session.worker->process.pid() : 0,
        .totals = session.totals,
    };
    if (auto written = write_record(session.record, record); !written) {
        util::log(session.log_context(), util::LogLevel::warning, "%s", written.error().message.c_str());
        return;
    }
    if (first)
        store_.keep(kept_name(session.info.session, kept_record), session.record.get());
}

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
        return;
    }
    count_by_codec(session);
    go_on(session);
}

/// A session that we hold the fd of, and whose worker has ended.
void SessionTable::go_on(Entry& session) {
    const auto left_codec = std::exchange(session.left_codec, std::nullopt);
    if (left_codec == session.info.codec) {
        // A worker that can be made to say so must not get a next one for ever.
        util::log(session.log_context(), util::LogLevel::error,
                  "the worker ended because of another codec, and there is none");
        worker_died(session);
    } else if (!session.broken) {
        start_worker(session);
    } else {
        write_down(session);
    }
}

/// What a session counts from now on is the codec's that it streams now.
void SessionTable::count_by_codec(Entry& session) {
    if (session.counted_codec == session.info.codec)
        return;
    codec_totals_.retire_session(static_cast<daedalus_codec>(session.counted_codec),
                                 session.totals.total({}));
    session.totals = {};
    session.counted_since_us = monotonic_us();
    session.counted_codec = session.info.codec;
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
    const std::uint64_t id = session.info.session;
    store_.keep(kept_name(id, kept_process), session.worker->process.poll_fd());
    store_.keep(kept_name(id, kept_page), session.worker->page.fd());
    store_.keep(kept_name(id, kept_lifeline), session.worker->lifeline.get());
    write_down(session);
    util::log(session.log_context(), util::LogLevel::debug, "worker %d started (%u before it)",
              static_cast<int>(session.worker->process.pid()), session.info.attempt);
}

util::Result<Worker> SessionTable::spawn(Entry& session) {
    if (!session.journal && config_.journal_bytes > 0) {
        auto made = replay::JournalMemory::create(config_.journal_bytes);
        if (made) {
            session.journal = std::move(*made);
            store_.keep(kept_name(session.info.session, kept_journal), session.journal.get());
        } else
            util::log(session.log_context(), util::LogLevel::warning, "%s", made.error().message.c_str());
    }
    auto idle = session.without_gpu ? launcher_.take_without_gpu() : launcher_.take();
    if (!idle)
        return std::unexpected(idle.error());
    auto watch = watch_fd(event_, idle->process.poll_fd(), EPOLLIN, on_worker_exit, &session);
    if (!watch)
        return std::unexpected(watch.error());
    if (auto handed_over = idle->hand_over(session.parked_fd.get(), session.journal.get()); !handed_over)
        return std::unexpected(std::move(handed_over.error()));
    return Worker{std::move(idle->process), std::move(idle->page), std::move(idle->socket), std::move(*watch),
                  session.info.codec};
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
    const std::uint32_t codec = session.worker->codec;
    const ExitStatus status = learn_end(session.worker->process.reap(), session.worker->page);
    const std::string end = describe_end(status, session.worker->page);
    session.worker.reset();
    count_by_codec(session);
    // Until the kernel offers it again.
    if (!session.parked_fd)
        session.idle_since_us = monotonic_us();
    drop_worker(session);

    const bool taken_away = status.success() && session.parked_fd;
    if (status.success() && !taken_away) {
        // It has read the end of the session: the client has closed.
        forget(session.info.session);
        return;
    }
    if (status.exited && status.value == worker::exit_codec_changed) {
        // The client streams another codec, and the kernel will say so when it offers the session again.
        session.left_codec = codec;
        if (session.parked_fd)
            go_on(session);
        return;
    }
    if (given_up && (taken_away || !status.known || (!status.exited && status.value == SIGKILL)))
        util::log(session.log_context(), util::LogLevel::warning,
                  "worker %d did not answer the kernel: it is replaced", pid);
    else if (!killed)
        util::log(session.log_context(), util::LogLevel::error, "the worker %s", end.c_str());
    worker_died(session);
}

/// Its worker has ended as none should. Without its fd the session waits for the kernel to offer it again.
void SessionTable::worker_died(Entry& session) {
    workers_died_++;
    session.without_gpu = true;
    if (session.note_death(monotonic_us(), config_))
        park_broken(session);
    else if (session.parked_fd)
        start_worker(session);
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
    write_down(session);
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
void SessionTable::check_deadline(Entry& session, std::uint64_t now_us) const {
    if (!session.worker || session.worker->killed || session.worker->given_up)
        return;
    const std::uint64_t deadline_us = config_.frame_deadline_ms * std::uint64_t(1000);
    // The worker may have been away as we have: it has its time anew.
    if (now_us - watching_since_us_ <= deadline_us)
        return;
    const statistics::Snapshot snapshot = session.worker_snapshot();
    const bool job_stuck =
        snapshot.since_progress_us.value_or(0) > deadline_us &&
        std::ranges::any_of(snapshot.jobs, [&](const statistics::Job& job) {
            return job.state != statistics::JobState::done && job.in_state_us > deadline_us;
        });
    // A decoder that does not return is seen to by nobody else once the client has gone.
    if (!job_stuck && snapshot.in_decoder_us.value_or(0) <= deadline_us)
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
    codec_totals_.retire_session(static_cast<daedalus_codec>(session.counted_codec),
                                 session.totals.total(session.worker_snapshot().counters));
    for (const char* what : kept_of_worker)
        store_.drop(kept_name(id, what));
    store_.drop(kept_name(id, kept_journal));
    store_.drop(kept_name(id, kept_record));
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
    if (now - last_tick_us_ > away_us)
        watching_since_us_ = now;
    last_tick_us_ = now;
    std::vector<std::uint64_t> closed;
    for (auto& [id, base] : sessions_) {
        auto& session = static_cast<Entry&>(*base);
        check_deadline(session, now);
        // Nobody decodes for it: its requests fail now, not at the kernel's deadline. And nobody reads the
        // end of its file when its client closes.
        if (session.broken && session.parked_fd && !cancel_(id))
            closed.push_back(id);
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

void SessionTable::leave() {
    for (auto& [id, session] : sessions_) {
        std::optional<Worker>& worker = session->worker;
        if (!worker)
            continue;
        worker->exit_watch.reset();
        worker->process.release();
    }
    sessions_.clear();
    launcher_.clear();
}

void SessionTable::reset_statistics() {
    for (auto& [id, session] : sessions_) {
        session->totals.reset(session->worker_snapshot().counters);
        session->counted_since_us = monotonic_us();
        write_down(static_cast<Entry&>(*session));
    }
    codec_totals_.reset();
}

} // namespace daedalus::supervisor
