// SPDX-License-Identifier: BSD-2-Clause
// What an attacker who runs code in a worker would like to do next. Each time the process dies before the
// kernel has done anything, and the call that it died of is known.
#include "sandbox/locked_up.h"
#include "support/attacks/attacks.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <ostream>
#include <thread>

namespace daedalus::test {

std::ostream& operator<<(std::ostream& out, const Attack& attack) {
    return out << attack.name;
}

namespace {

class Attacks : public testing::TestWithParam<Attack> {};

TEST_P(Attacks, Die) {
    const Ended ended = run_locked_up([&] {
        GetParam().run();
        return 0;
    });
    ASSERT_TRUE(ended.by_signal && ended.value == SIGSYS) << describe(ended);
    ASSERT_TRUE(ended.refused_call) << describe(ended);
    EXPECT_EQ(sandbox::call_name(*ended.refused_call), GetParam().call);
}

INSTANTIATE_TEST_SUITE_P(Sandbox, Attacks, testing::ValuesIn(attacks().begin(), attacks().end()),
                         [](const auto& info) { return info.param.name; });

/// The same code does no harm to a process that is not locked up: it is the sandbox that ends it.
TEST(Attack, LivesBeforeTheDoorIsClosed) {
    const Ended ended = run({.before = [] { syscall(SYS_faccessat, AT_FDCWD, "/etc/passwd", R_OK); },
                             .between = [] { syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }});
    EXPECT_TRUE(!ended.by_signal && ended.value == 0) << describe(ended);
}

/// The GPU's calls are for workers with a GPU, and open no door but that one.
TEST(Attack, DiesOfWhatIsTheGpus) {
    const auto expect_refused = [](bool gpu, const char* call, const std::function<int()>& body) {
        const Ended ended = run({.gpu = gpu, .behind_the_door = body});
        EXPECT_TRUE(ended.by_signal && ended.value == SIGSYS) << describe(ended);
        EXPECT_EQ(sandbox::call_name(ended.refused_call.value_or(-1)), call);
    };
    const auto ioctl_of = [](unsigned long request) {
        return [request] { return static_cast<int>(syscall(SYS_ioctl, STDIN_FILENO, request, nullptr)); };
    };
    expect_refused(false, "ioctl", ioctl_of(_IO('d', 1)));
    expect_refused(true, "ioctl", ioctl_of(_IO('H', 0)));
    expect_refused(true, "ioctl", ioctl_of(TIOCSTI));
    expect_refused(false, "fcntl", [] { return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0); });
    expect_refused(true, "fcntl", [] { return fcntl(STDIN_FILENO, F_SETFL, O_ASYNC); });
    expect_refused(true, "openat", [] { return open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC); });
}

TEST(Attack, HasNoEffectBeforeItDies) {
    const std::string path = "/tmp/daedalus-attack-" + std::to_string(getpid());
    const Ended ended =
        run_locked_up([&] { return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 ? 1 : 0; });
    EXPECT_EQ(ended.value, SIGSYS) << describe(ended);
    EXPECT_NE(access(path.c_str(), F_OK), 0);
    unlink(path.c_str());
}

/// With the signal blocked there is no report, and no escape either.
TEST(Attack, DiesWithTheSignalBlocked) {
    const Ended ended = run_locked_up([] {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, nullptr);
        syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
        return 0;
    });
    EXPECT_TRUE(ended.by_signal && ended.value == SIGSYS) << describe(ended);
    EXPECT_FALSE(ended.refused_call);
}

/// abort() is allowed, and sends a signal: only to itself.
TEST(Attack, AbortsNobodyElse) {
    const pid_t victim = fork();
    if (victim == 0)
        for (;;)
            pause();
    const Ended ended = run_locked_up([&] {
        syscall(SYS_tgkill, victim, victim, SIGABRT);
        return 0;
    });
    EXPECT_TRUE(ended.by_signal && ended.value == SIGSYS) << describe(ended);
    int status = 0;
    EXPECT_EQ(waitpid(victim, &status, WNOHANG), 0);
    kill(victim, SIGKILL);
    waitpid(victim, &status, 0);
}

TEST(Attack, DiesInAnyThread) {
    static std::atomic<bool> go = false;
    const Ended ended = run({.between =
                                 [] {
                                     std::thread([] {
                                         go.wait(false);
                                         syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
                                         _exit(1);
                                     }).detach();
                                 },
                             .behind_the_door =
                                 [] {
                                     go = true;
                                     go.notify_all();
                                     for (;;)
                                         sched_yield();
                                     return 0;
                                 }});
    EXPECT_TRUE(ended.by_signal && ended.value == SIGSYS) << describe(ended);
    ASSERT_TRUE(ended.refused_call);
    EXPECT_EQ(*ended.refused_call, SYS_openat);
}

#ifdef __x86_64__
/// Other architectures have other numbers for the same calls: ptrace here would be ioperm there.
TEST(Attack, DiesByCallsOf32Bits) {
    const Ended ended = run_locked_up([] {
        long number = SYS_ptrace;
        asm volatile("int $0x80" : "+a"(number) : : "memory");
        return 0;
    });
    EXPECT_TRUE(ended.by_signal) << describe(ended);
    const Ended x32 = run_locked_up([] {
        syscall(0x40000000L | SYS_getpid);
        return 0;
    });
    EXPECT_TRUE(x32.by_signal && x32.value == SIGSYS) << describe(x32);
}
#endif

} // namespace
} // namespace daedalus::test
