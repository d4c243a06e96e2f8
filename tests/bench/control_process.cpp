// SPDX-License-Identifier: BSD-2-Clause
#include "bench/control_process.h"

#include "bench/check.h"
#include "control/provider.h"
#include "control/server.h"
#include "supervisor/event.h"
#include "supervisor/session.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace daedalus::bench {
namespace {

/// What the supervisor tells of one healthy session.
class OneSession : public control::Provider {
  public:
    OneSession(const statistics::WorkerPage& page, pid_t client, pid_t worker)
        : page_(page), client_(client), worker_(worker), since_us_(supervisor::monotonic_us()) {}

    [[nodiscard]] control::Health health() const override {
        control::Health health;
        health.state = control::DaemonState::serving;
        health.uptime_us = health.state_age_us = supervisor::monotonic_us() - since_us_;
        health.job_timeout_ms = 900;
        health.sessions = 1;
        health.max_sessions = 64;
        health.codecs = (1U << DAEDALUS_CODEC_COUNT) - 1;
        health.libraries = {{.name = "libavcodec", .version = "0"}, {.name = "libdav1d", .version = "0"}};
        return health;
    }
    [[nodiscard]] std::vector<control::Session> sessions() const override {
        control::Session session;
        session.id = 1;
        session.state = control::SessionState::streaming;
        session.client_pid = client_;
        session.client_comm = "bench";
        session.worker_pid = worker_;
        session.age_us = session.counted_us = supervisor::monotonic_us() - since_us_;
        session.worker = statistics::snapshot(page_, statistics::monotonic_ns());
        session.totals = session.worker.counters;
        return {session};
    }
    [[nodiscard]] const statistics::CodecTotals& codec_totals() const override { return totals_; }
    void reset_stats() override {}
    util::Result<std::uint32_t> cancel(std::uint64_t, std::uint64_t) override { return 0; }

  private:
    const statistics::WorkerPage& page_;
    pid_t client_;
    pid_t worker_;
    std::uint64_t since_us_;
    statistics::CodecTotals totals_;
};

[[noreturn]] void serve(util::UniqueFd listener, OneSession& session) {
    sd_event* event = nullptr;
    if (sd_event_new(&event) < 0)
        _exit(EXIT_FAILURE);
    const auto server = control::Server::start(event, std::move(listener), session, std::nullopt);
    _exit(server ? sd_event_loop(event) : EXIT_FAILURE);
}

} // namespace

ControlProcess::ControlProcess(const std::string& socket, const statistics::WorkerPage& page, pid_t worker) {
    util::UniqueFd listener = check(control::listen_at(socket, std::nullopt));
    OneSession session(page, getpid(), worker);
    pid_ = fork();
    if (pid_ < 0)
        throw std::runtime_error("cannot fork");
    if (pid_ > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(std::move(listener), session);
}

ControlProcess::~ControlProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

} // namespace daedalus::bench
