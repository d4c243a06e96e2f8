// SPDX-License-Identifier: BSD-2-Clause
#include "bench/call_counter.h"

#include "sandbox/refused_call.h"

#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace daedalus::bench {
namespace {

constexpr int call_stop = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD

bool attach(pid_t process) {
    std::error_code error;
    const std::filesystem::directory_iterator threads("/proc/" + std::to_string(process) + "/task", error);
    bool attached = false;
    for (const auto& entry : threads) {
        const pid_t thread = std::stoi(entry.path().filename());
        if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) != 0 ||
            ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0)
            return false;
        attached = true;
    }
    return attached && !error;
}

} // namespace

CallCounter::CallCounter(pid_t process) : tracer_([this, process] { trace(process); }) {
    state_.wait(0);
    if (state_ < 0) {
        tracer_.join();
        throw std::runtime_error("ptrace is not allowed");
    }
}

CallCounter::~CallCounter() {
    tracer_.join();
}

void CallCounter::start() {
    const std::scoped_lock lock(mutex_);
    counts_ = {};
}

CallCounts CallCounter::counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

void CallCounter::trace(pid_t process) {
    state_ = attach(process) ? 1 : -1;
    state_.notify_all();
    if (state_ < 0)
        return;
    for (;;) {
        int status = 0;
        const pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        if (thread < 0 || (thread == process && !WIFSTOPPED(status)))
            return; // it has ended, or others have waited for its end
        if (!WIFSTOPPED(status))
            continue;
        int signal = WSTOPSIG(status);
        if (signal == call_stop)
            at_call(thread);
        if (signal == call_stop || status >> 16 != 0) // ours, not the process's
            signal = 0;
        ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
    }
}

void CallCounter::at_call(pid_t thread) {
    struct __ptrace_syscall_info info {};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0)
        return;
    // The number comes when a call begins, what it returned when it ends; between the two is nothing else of
    // this thread.
    thread_local std::map<pid_t, std::uint64_t> begun;
    const std::scoped_lock lock(mutex_);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        const std::uint64_t number = begun[thread] = info.entry.nr;
        const bool peek = number == SYS_recvfrom && (info.entry.args[3] & MSG_PEEK) != 0;
        counts_.calls[peek ? "peek" : sandbox::call_name(static_cast<int>(number))]++;
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        const std::uint64_t number = begun[thread];
        if ((number == SYS_read || number == SYS_recvmsg) && info.exit.rval > 0)
            counts_.received_bytes += static_cast<std::uint64_t>(info.exit.rval);
    }
}

} // namespace daedalus::bench
