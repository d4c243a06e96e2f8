// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/child_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace daedalus::supervisor {

namespace {

/// posix_spawn's attributes and file actions, freed when they go out of scope.
struct SpawnSettings {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;

    SpawnSettings() {
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_init(&actions);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
};

// The supervisor blocks the signals that it waits for; a child starts with none blocked and none ignored.
void reset_signals(posix_spawnattr_t* attributes) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

std::vector<char*> argument_vector(const std::string& name, const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    argv.push_back(const_cast<char*>(name.c_str()));
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    return argv;
}

} // namespace

std::string ExitStatus::describe() const {
    if (!known)
        return "ended";
    if (exited)
        return "exited with status " + std::to_string(value);
    return "was killed by signal " + std::to_string(value) + " (" + strsignal(value) + ")";
}

util::Result<ChildProcess> ChildProcess::start(const std::string& path,
                                               const std::vector<std::string>& arguments,
                                               const std::vector<InheritedFd>& fds, const std::string& name) {
    SpawnSettings settings;
    reset_signals(&settings.attributes);
    // In two steps, since one descriptor's old number may be another's new one.
    int parking = 0;
    for (const auto& [ours, theirs] : fds)
        parking = std::max({parking, ours + 1, theirs + 1});
    for (const auto& [ours, theirs] : fds)
        posix_spawn_file_actions_adddup2(&settings.actions, ours, parking + theirs);
    for (const auto& [ours, theirs] : fds) {
        posix_spawn_file_actions_adddup2(&settings.actions, parking + theirs, theirs);
        posix_spawn_file_actions_addclose(&settings.actions, parking + theirs);
    }

    pid_t pid = 0;
    std::vector<char*> argv = argument_vector(name, arguments);
    const int error =
        posix_spawn(&pid, path.c_str(), &settings.actions, &settings.attributes, argv.data(), environ);
    if (error != 0)
        return util::fail_errno("can't start " + name, error);
    // Nobody else reaps our children, so the number is still this child's.
    util::UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
        auto failure = util::fail_errno("can't watch " + name);
        ::kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return failure;
    }
    return ChildProcess(pid, std::move(pidfd));
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        std::swap(pid_, other.pid_);
        std::swap(pidfd_, other.pidfd_);
    }
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ == 0)
        return;
    kill(SIGKILL);
    reap();
}

void ChildProcess::kill(int signal) const {
    if (pid_ != 0)
        syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

ExitStatus ChildProcess::reap() {
    siginfo_t info = {};
    int result = 0;
    do
        result = waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED);
    while (result < 0 && errno == EINTR);
    if (result < 0) {
        // Not our child; still, when this returns it must have ended.
        pollfd poll_fd = {pidfd_.get(), POLLIN, 0};
        while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR) {
        }
    }
    pid_ = 0;
    if (result < 0)
        return {.known = false};
    return {.exited = info.si_code == CLD_EXITED, .value = info.si_status};
}

void ChildProcess::release() {
    pid_ = 0;
    pidfd_.reset();
}

} // namespace daedalus::supervisor
