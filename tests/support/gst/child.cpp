// SPDX-License-Identifier: BSD-2-Clause
#include "support/gst/child.h"

#include "support/gst/playback.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

namespace daedalus::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Reads until the other end is closed or `deadline` has come. False: the latter.
bool read_until(int fd, Clock::time_point deadline, std::string& text) {
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return false;
        pollfd poll_fd = {fd, POLLIN, 0};
        if (poll(&poll_fd, 1, static_cast<int>(left)) <= 0)
            continue;
        char buffer[4096];
        const auto count = read(fd, buffer, sizeof(buffer));
        if (count > 0)
            text.append(buffer, static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR)
            return true;
    }
}

/// Waits for the end of a killed process. Nothing: it does not end.
std::optional<int> reap(pid_t child) {
    const auto deadline = Clock::now() + std::chrono::seconds(5);
    for (;;) {
        int status = 0;
        if (waitpid(child, &status, WNOHANG) == child)
            return status;
        if (Clock::now() > deadline)
            return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

[[noreturn]] void be_the_child(const PlayJob& job, const std::string& frames_file, int answer_fd) {
    const auto line = play(job, frames_file).line();
    const auto written = write(answer_fd, line.data(), line.size());
    // Without destructors: the parent's own are not to run twice.
    _exit(written == static_cast<ssize_t>(line.size()) ? 0 : 1);
}

} // namespace

PlayResult play_in_child(const PlayJob& job, const std::string& frames_file) {
    PlayResult result;
    const auto begun = Clock::now();
    int answer[2];
    if (pipe(answer) != 0) {
        result.message = std::string("pipe: ") + std::strerror(errno);
        return result;
    }
    std::fflush(nullptr);
    const auto child = fork();
    if (child < 0) {
        result.message = std::string("fork: ") + std::strerror(errno);
        close(answer[0]);
        close(answer[1]);
        return result;
    }
    if (child == 0) {
        close(answer[0]);
        be_the_child(job, frames_file, answer[1]);
    }
    close(answer[1]);
    std::string text;
    const auto deadline =
        begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(job.seconds));
    const bool in_time = read_until(answer[0], deadline, text);
    close(answer[0]);
    if (!in_time)
        kill(child, SIGKILL);
    const auto status = reap(child);

    const auto parsed = in_time ? PlayResult::parse(text) : std::nullopt;
    if (!status)
        result.end = "unkillable";
    else if (!in_time)
        result.end = "timeout";
    else if (parsed && WIFEXITED(*status) && WEXITSTATUS(*status) == 0)
        return *parsed;
    else
        result.end = "crashed";
    result.seconds = result.longest_gap = std::chrono::duration<double>(Clock::now() - begun).count();
    if (status && WIFSIGNALED(*status) && in_time)
        result.message = std::string("signal ") + strsignal(WTERMSIG(*status));
    return result;
}

} // namespace daedalus::test
