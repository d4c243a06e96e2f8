// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace daedalus::supervisor {
namespace {

ExitStatus run_shell(const std::string& script, const std::vector<ChildProcess::InheritedFd>& fds = {}) {
    auto child = ChildProcess::start("/bin/sh", {"-c", script}, fds);
    EXPECT_TRUE(child) << child.error().message;
    return child ? child->reap() : ExitStatus{};
}

TEST(ChildProcess, TellsHowItEnded) {
    ExitStatus status = run_shell("exit 7");
    EXPECT_TRUE(status.exited);
    EXPECT_EQ(status.value, 7);
    EXPECT_EQ(status.describe(), "exited with status 7");

    status = run_shell("kill -SEGV $$");
    EXPECT_FALSE(status.exited);
    EXPECT_EQ(status.value, SIGSEGV);
    EXPECT_NE(status.describe().find("signal 11"), std::string::npos);
    EXPECT_TRUE(run_shell("true").success());
}

TEST(ChildProcess, MissingProgramIsAnError) {
    auto child = ChildProcess::start("/nonexistent/worker", {}, {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code.value(), ENOENT);
    EXPECT_NE(child.error().message.find("/nonexistent/worker"), std::string::npos);
}

TEST(ChildProcess, PollFdBecomesReadable) {
    auto child = ChildProcess::start("/bin/sh", {"-c", "exec sleep 0.05"}, {});
    ASSERT_TRUE(child);
    pollfd poll_fd = {child->poll_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&poll_fd, 1, 5000), 1);
    EXPECT_TRUE(child->reap().success());
}

// Descriptors whose numbers collide with each other's targets still arrive where they should.
TEST(ChildProcess, InheritsOnlyWhatItIsGiven) {
    int pipe_a[2];
    int pipe_b[2];
    ASSERT_EQ(pipe2(pipe_a, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(pipe_b, O_CLOEXEC), 0);
    ExitStatus status =
        run_shell("echo -n a >&" + std::to_string(pipe_b[1]) + "; echo -n b >&" + std::to_string(pipe_a[1]) +
                      "; test ! -e /proc/self/fd/" + std::to_string(pipe_a[0]),
                  {{pipe_a[1], pipe_b[1]}, {pipe_b[1], pipe_a[1]}});
    EXPECT_TRUE(status.success()) << status.describe();
    char byte = 0;
    EXPECT_EQ(read(pipe_a[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(read(pipe_b[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'b');
    for (int fd : {pipe_a[0], pipe_a[1], pipe_b[0], pipe_b[1]})
        close(fd);
}

TEST(ChildProcess, StartsWithAnEmptySignalMask) {
    sigset_t mask;
    sigset_t before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &mask, &before);
    ExitStatus status = run_shell("kill -TERM $$; exit 0");
    sigprocmask(SIG_SETMASK, &before, nullptr);
    EXPECT_FALSE(status.exited);
    EXPECT_EQ(status.value, SIGTERM);
}

TEST(ChildProcess, IsKilledWithItsOwner) {
    pid_t pid = 0;
    {
        auto child = ChildProcess::start("/bin/sh", {"-c", "exec sleep 100"}, {});
        ASSERT_TRUE(child);
        pid = child->pid();
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcess, CanBeLeftAndAdopted) {
    pid_t pid = 0;
    util::UniqueFd pidfd;
    {
        auto child = ChildProcess::start("/bin/sh", {"-c", "exec sleep 100"}, {});
        ASSERT_TRUE(child);
        pid = child->pid();
        pidfd.reset(fcntl(child->poll_fd(), F_DUPFD_CLOEXEC, 0));
        child->release();
    }
    EXPECT_EQ(::kill(pid, 0), 0);
    ChildProcess adopted = ChildProcess::adopt(pid, std::move(pidfd));
    adopted.kill(SIGTERM);
    const ExitStatus status = adopted.reap();
    EXPECT_TRUE(status.known); // for it is ours in truth
    EXPECT_EQ(status.value, SIGTERM);
}

/// A grandchild whose parent has gone is nobody's that we could ask.
TEST(ChildProcess, EndOfAnothersChildIsNotKnown) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    util::UniqueFd read_end(ends[0]);
    util::UniqueFd write_end(ends[1]);
    auto parent = ChildProcess::start("/bin/sh", {"-c", "sleep 100 >/dev/null 2>&1 & echo $!"},
                                      {{write_end.get(), STDOUT_FILENO}});
    ASSERT_TRUE(parent);
    write_end.reset();
    char text[32] = {};
    ASSERT_GT(read(read_end.get(), text, sizeof(text) - 1), 0);
    EXPECT_TRUE(parent->reap().success());
    const pid_t pid = std::atoi(text);
    ChildProcess adopted =
        ChildProcess::adopt(pid, util::UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))));
    adopted.kill(SIGKILL);
    const ExitStatus status = adopted.reap();
    EXPECT_FALSE(status.known);
    EXPECT_FALSE(status.success());
    EXPECT_EQ(status.describe(), "ended");
}

} // namespace
} // namespace daedalus::supervisor
