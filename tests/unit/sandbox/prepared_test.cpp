// SPDX-License-Identifier: BSD-2-Clause
// What the first step gives up, while the door is still open and it can be seen.
#include "sandbox/landlock.h"
#include "sandbox/locked_up.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>

namespace daedalus::test {
namespace {

/// Runs `body` between the two steps; its value is what run() sees.
int between(std::function<int()> body, const sandbox::Limits& limits = {}) {
    const Ended ended = run({.limits = limits, .between = [&] { _exit(body()); }});
    EXPECT_FALSE(ended.by_signal) << describe(ended);
    EXPECT_EQ(ended.stderr_text, "");
    return ended.value;
}

/// errno of an attempt; 0 when it went well.
int error_of(int result) {
    return result < 0 ? errno : 0;
}

TEST(GivenUp, Files) {
    if (sandbox::landlock_version() == 0)
        GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_EQ(between([] { return error_of(open("/etc/passwd", O_RDONLY)); }), EACCES);
    EXPECT_EQ(between([] { return error_of(open("/tmp", O_RDWR | O_TMPFILE, 0600)); }), EACCES);
    EXPECT_EQ(between([] { return error_of(open("/dev/null", O_RDWR)); }), EACCES);
    EXPECT_EQ(between([] { return error_of(execl("/bin/true", "true", nullptr)); }), EACCES);
    char path[] = "/tmp/daedalus-sandbox-XXXXXX";
    const int file = mkstemp(path);
    ASSERT_GE(file, 0);
    EXPECT_EQ(between([&] { return error_of(unlink(path)); }), EACCES);
    EXPECT_EQ(unlink(path), 0);
    close(file);
}

TEST(GivenUp, Tcp) {
    if (sandbox::landlock_version() < 4)
        GTEST_SKIP() << "this kernel's Landlock does not know of TCP";
    EXPECT_EQ(between([] {
                  sockaddr_in address = {};
                  address.sin_family = AF_INET;
                  address.sin_port = htons(9);
                  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
                  return error_of(connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)));
              }),
              EACCES);
}

TEST(GivenUp, SignalsToOthers) {
    if (sandbox::landlock_version() < 6)
        GTEST_SKIP() << "this kernel's Landlock does not know of signals";
    const pid_t parent = getpid();
    EXPECT_EQ(between([&] { return error_of(kill(parent, 0)); }), EPERM);
}

TEST(GivenUp, Privileges) {
    EXPECT_EQ(between([] {
                  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
                  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
                  if (syscall(SYS_capget, &header, data) != 0)
                      return 1;
                  for (const auto& part : data)
                      if ((part.effective | part.permitted | part.inheritable) != 0)
                          return 2;
                  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 3;
              }),
              0);
    EXPECT_EQ(between([] { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }), 0);
}

/// The service has no capabilities and lets nobody set any (its unit's SystemCallFilter=).
TEST(GivenUp, AsAService) {
    const auto become_a_service = [] {
        const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
        seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(capset), 0);
        if ((getuid() == 0 && setresuid(65534, 65534, 65534) != 0) || seccomp_load(filter.get()) != 0)
            _exit(98);
    };
    const Ended ended = run({.before = become_a_service, .behind_the_door = [] { return 3; }});
    EXPECT_TRUE(!ended.by_signal && ended.value == 3) << describe(ended);
}

TEST(GivenUp, Resources) {
    const sandbox::Limits limits{.memory_bytes = 100U << 20, .open_files = 40};
    const auto limit_of = [](__rlimit_resource resource) {
        rlimit limit = {};
        return getrlimit(resource, &limit) == 0 && limit.rlim_cur == limit.rlim_max ? limit.rlim_max : 12345;
    };
    EXPECT_EQ(between([&] { return limit_of(RLIMIT_DATA) == limits.memory_bytes ? 0 : 1; }, limits), 0);
    EXPECT_EQ(between([&] { return limit_of(RLIMIT_NOFILE) == limits.open_files ? 0 : 1; }, limits), 0);
    for (const auto resource : {RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_MEMLOCK})
        EXPECT_EQ(between([&] { return limit_of(resource) == 0 ? 0 : 1; }, limits), 0) << resource;
}

/// A log that is a file goes on being written: no limit on the size of files then.
TEST(GivenUp, NotALogInAFile) {
    char name[] = "/tmp/daedalus-log-XXXXXX";
    const int log = mkstemp(name);
    ASSERT_GE(log, 0);
    const Ended ended = run({.before = [&] { dup2(log, STDERR_FILENO); },
                             .behind_the_door = [] { return write(STDERR_FILENO, "x\n", 2) == 2 ? 0 : 1; }});
    EXPECT_TRUE(!ended.by_signal && ended.value == 0) << describe(ended);
    EXPECT_EQ(lseek(log, 0, SEEK_END), 2);
    close(log);
    unlink(name);
}

} // namespace
} // namespace daedalus::test
