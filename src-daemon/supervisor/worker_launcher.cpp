// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_launcher.h"

#include "util/fd_passing.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <utility>

namespace daedalus::supervisor {

namespace {

constexpr std::uint64_t refill_us = 1'000'000;

bool has_ended(const IdleWorker& worker) {
    pollfd poll_fd = {worker.process.poll_fd(), POLLIN, 0};
    return poll(&poll_fd, 1, 0) != 0;
}

} // namespace

util::Result<void> IdleWorker::hand_over(int session_fd, int journal_fd) const {
    constexpr std::byte word{0};
    for (const int fd : {session_fd, journal_fd}) {
        auto sent = util::send_with_fd(socket.get(), std::span(&word, 1), fd);
        if (sent)
            continue;
        // The worker has ended, in the second case with the first word unread.
        if (sent.error().code == std::errc::broken_pipe || sent.error().code == std::errc::connection_reset)
            return {};
        return sent;
    }
    return {};
}

util::Result<void> WorkerLauncher::open_program() {
    if (program_)
        return {};
    program_.reset(open(config_.worker.c_str(), O_PATH | O_CLOEXEC));
    if (!program_)
        return util::fail_errno("can't start " + config_.worker);
    return {};
}

util::Result<IdleWorker> WorkerLauncher::start(const config::WorkerOptions& options) {
    auto page = statistics::WorkerPage::create();
    if (!page)
        return std::unexpected(page.error());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return util::fail_errno("can't make a socket for a worker");
    util::UniqueFd ours(ends[0]);
    const util::UniqueFd theirs(ends[1]);
    if (auto opened = open_program(); !opened)
        return std::unexpected(opened.error());
    auto process = ChildProcess::start("/proc/self/fd/" + std::to_string(config::worker_program_fd),
                                       config::to_arguments(options),
                                       {{theirs.get(), config::worker_socket_fd},
                                        {page->fd(), config::worker_statistics_fd},
                                        {program_.get(), config::worker_program_fd}},
                                       config_.worker);
    if (!process)
        return std::unexpected(process.error());
    return IdleWorker{std::move(*process), std::move(*page), std::move(ours)};
}

util::Result<IdleWorker> WorkerLauncher::take() {
    // Without the timer the next session has to wait a little: no reason to fail this one. One that runs is
    // left alone, or sessions that begin more often would put it off for ever.
    if (!refill_)
        if (auto refill = call_later(event_, refill_us, on_refill, this))
            refill_ = std::move(*refill);
    auto spare = std::exchange(spare_, std::nullopt);
    if (spare && !has_ended(*spare))
        return std::move(*spare);
    return start(config_.worker_options);
}

util::Result<IdleWorker> WorkerLauncher::take_without_gpu() {
    config::WorkerOptions options = config_.worker_options;
    if (options.gpu_mode == config::GpuMode::off)
        return take();
    options.gpu_mode = config::GpuMode::off;
    return start(options);
}

void WorkerLauncher::prepare() {
    if (spare_)
        return;
    if (auto worker = start(config_.worker_options); worker)
        spare_ = std::move(*worker);
}

void WorkerLauncher::clear() {
    refill_.reset();
    spare_.reset();
}

int WorkerLauncher::on_refill(sd_event_source*, std::uint64_t, void* user) {
    auto& launcher = *static_cast<WorkerLauncher*>(user);
    launcher.refill_.reset();
    launcher.prepare();
    return 0;
}

} // namespace daedalus::supervisor
