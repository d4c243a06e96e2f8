// SPDX-License-Identifier: BSD-2-Clause
#include "bench/companion.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

namespace daedalus::bench {
namespace {

constexpr std::uint64_t us_per_second = 1'000'000;

std::uint64_t microseconds(const struct timeval& time) {
    return (static_cast<std::uint64_t>(time.tv_sec) * us_per_second) +
           static_cast<std::uint64_t>(time.tv_usec);
}

} // namespace

std::uint64_t processor_time_us(pid_t pid) {
    clockid_t clock{};
    struct timespec used {};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        throw std::runtime_error("process " + std::to_string(pid) + " has gone");
    return (static_cast<std::uint64_t>(used.tv_sec) * us_per_second) +
           (static_cast<std::uint64_t>(used.tv_nsec) / 1000);
}

Companion::Companion(const std::string& command) : pid_(fork()) {
    if (pid_ < 0)
        throw std::runtime_error("cannot fork");
    if (pid_ > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl("/bin/bash", "bash", "-c", command.c_str(), nullptr);
    _exit(EXIT_FAILURE);
}

Companion::~Companion() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

std::uint64_t Companion::stop() {
    kill(pid_, SIGTERM);
    int status = 0;
    struct rusage used {};
    wait4(pid_, &status, 0, &used);
    pid_ = 0;
    if (!WIFSIGNALED(status))
        throw std::runtime_error("the command beside has ended by itself");
    return microseconds(used.ru_utime) + microseconds(used.ru_stime);
}

} // namespace daedalus::bench
