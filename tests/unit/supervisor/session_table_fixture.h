// SPDX-License-Identifier: BSD-2-Clause
// The session table with shell scripts for workers and pipes for session fds: the read end of a pipe sees the
// end of file when every holder of the "session fd" has gone, just as the kernel sees the last close.
#pragma once

#include "statistics/recorder.h"
#include "supervisor/session_table.h"
#include "unit/supervisor/new_event.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace daedalus::supervisor {

inline std::string logged; // by the sink below
inline void log_to_string(util::LogLevel, const util::LogContext&, std::string_view text) {
    logged += std::string(text) + '\n';
}

class SessionTableTest : public testing::Test {
  protected:
    SessionTableTest() {
        char name[] = "/tmp/daedalus-worker-XXXXXX";
        close(mkstemp(name));
        config_.worker = name;
        config_.worker_deaths = 3;
        config_.worker_death_window_s = 1;
        config_.frame_deadline_ms = 100;
        make_table();
    }
    ~SessionTableTest() override {
        table_.reset();
        unlink(config_.worker.c_str());
    }

    /// As another daemon would begin, with what is in store_.
    void make_table() {
        table_ = std::make_unique<SessionTable>(event_.get(), config_, store_, [this](std::uint64_t session) {
            canceled_[session]++;
            return !client_gone_;
        });
    }

    void worker_is(const std::string& body) {
        std::ofstream(config_.worker) << "#!/bin/sh\n" << body;
        chmod(config_.worker.c_str(), 0700);
    }

    /// Offers session `id`; returns the "kernel's" end of its fd.
    util::UniqueFd offer(std::uint64_t id, enum daedalus_codec codec = DAEDALUS_CODEC_H264) {
        int fds[2];
        EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
        bridge::AcceptedSession accepted;
        accepted.fd.reset(fds[1]);
        accepted.info.session = id;
        accepted.info.codec = codec;
        std::strcpy(accepted.info.client_comm, "test");
        table_->accept(std::move(accepted));
        return util::UniqueFd(fds[0]);
    }

    static bool closed(const util::UniqueFd& kernel_end) {
        pollfd poll_fd = {kernel_end.get(), POLLIN, 0};
        return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP) != 0;
    }

    /// Runs the loop until `condition` holds; false after five seconds.
    bool run_until(const std::function<bool()>& condition) {
        for (const std::uint64_t end = monotonic_us() + 5'000'000; monotonic_us() < end;) {
            if (condition())
                return true;
            sd_event_run(event_.get(), 20'000);
        }
        return condition();
    }

    const Session* find(std::uint64_t id) const {
        auto found = table_->sessions().find(id);
        return found == table_->sessions().end() ? nullptr : found->second.get();
    }

    /// A session's worker's page, as the worker itself has it.
    util::Result<statistics::WorkerPage> page_of(std::uint64_t id) const {
        return statistics::WorkerPage::map(util::UniqueFd(dup(find(id)->worker->page.fd())),
                                           statistics::WorkerPage::Access::write);
    }

    /// What the worker's page says when it has decoded one picture, as the answer to job `cookie`.
    void decode(std::uint64_t id, std::uint64_t cookie) const {
        auto page = page_of(id);
        ASSERT_TRUE(page) << page.error().message;
        statistics::Recorder recorder(*page);
        recorder.job_queued(cookie, 100, 1, 0);
        recorder.job_decoding(cookie);
        recorder.job_done(cookie);
        recorder.job_completed(cookie, DAEDALUS_STATUS_OK, true);
    }

    /// What the session has decoded over all its workers.
    std::uint64_t frames(std::uint64_t id) const {
        return find(id)->totals.total(find(id)->worker_snapshot().counters).frames;
    }

    Event event_ = new_event();
    config::Config config_;
    FdStore store_;
    std::map<std::uint64_t, int> canceled_;
    bool client_gone_ = false; ///< the kernel knows none of the sessions any more
    std::unique_ptr<SessionTable> table_;
};

} // namespace daedalus::supervisor
