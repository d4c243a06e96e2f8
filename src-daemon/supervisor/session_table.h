// SPDX-License-Identifier: BSD-2-Clause
// All sessions: gives each a worker, watches that it works, and sees to what follows when it ends.
#pragma once

#include "supervisor/fd_store.h"
#include "supervisor/session.h"
#include "supervisor/worker_launcher.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace daedalus::supervisor {

/// Lives in the event loop, like everything here: single-threaded, and no call waits.
class SessionTable {
  public:
    /// Ends the jobs of a session in the kernel (bridge::ControlDevice::cancel). False: the kernel has no
    /// such session any more.
    using Cancel = std::function<bool(std::uint64_t session)>;

    /// `event`, `config` and `store` outlive this.
    SessionTable(sd_event* event, const config::Config& config, FdStore& store, Cancel cancel);

    /// Takes over the sessions, and the workers, that the supervisor before has left in the store.
    void adopt();
    /// Starts a worker for the first session ahead of time.
    void prepare() { launcher_.prepare(); }
    /// Takes a session that the kernel has given us, new or one whose worker is gone or stuck.
    void accept(bridge::AcceptedSession accepted);
    /// Kills every worker and forgets all sessions: the module is gone.
    void clear();
    /// Leaves the workers to the next supervisor. They die if nobody keeps the store for one.
    void leave();
    /// Counts from zero.
    void reset_statistics();

    [[nodiscard]] const std::map<std::uint64_t, std::unique_ptr<Session>>& sessions() const {
        return sessions_;
    }
    [[nodiscard]] const statistics::CodecTotals& codec_totals() const { return codec_totals_; }
    [[nodiscard]] std::uint64_t workers_died() const { return workers_died_; }

  private:
    /// What sd-event calls back with for one session.
    struct Entry : Session {
        Entry(SessionTable* owner, const daedalus_session_info& info, std::uint64_t now_us)
            : Session(info, now_us), table(owner) {}
        SessionTable* table;
    };

    static int on_worker_exit(sd_event_source* source, int fd, std::uint32_t events, void* user);
    static int on_broken_end(sd_event_source* source, std::uint64_t usec, void* user);
    static int on_tick(sd_event_source* source, std::uint64_t usec, void* user);

    void start_worker(Entry& session);
    util::Result<Worker> spawn(Entry& session);
    void adopt(std::uint64_t id);
    void adopt_worker(Entry& session, pid_t pid);
    void drop_worker(Entry& session);
    void write_down(Entry& session);
    void worker_ended(Entry& session);
    void worker_died(Entry& session);
    void go_on(Entry& session);
    void count_by_codec(Entry& session);
    void park_broken(Entry& session);
    void check_deadline(Entry& session, std::uint64_t now_us) const;
    void forget(std::uint64_t id);
    void tick();
    void arm_tick();

    sd_event* event_;
    const config::Config& config_;
    FdStore& store_;
    Cancel cancel_;
    WorkerLauncher launcher_;
    std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
    statistics::CodecTotals codec_totals_;
    std::uint64_t workers_died_ = 0;
    Source tick_; ///< runs while there are sessions
    std::uint64_t last_tick_us_ = 0;
    std::uint64_t watching_since_us_ = 0; ///< without having been away itself
};

} // namespace daedalus::supervisor
