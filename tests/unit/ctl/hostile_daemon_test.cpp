// SPDX-License-Identifier: BSD-2-Clause
// Whatever listens on the socket: an answer within the timeout, an exit status that says so, and no crash.
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <unistd.h>

namespace daedalus::test {
namespace {

class HostileDaemon : public testing::TestWithParam<Behavior> {};

TEST_P(HostileDaemon, EveryCommandEndsInTime) {
    const FakeWorld world({});
    const FakeDaemon daemon(GetParam(), world.root() / "sys");
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"status"},
                                               {"sessions"},
                                               {"jobs"},
                                               {"stats"},
                                               {"metrics"},
                                               {"version"},
                                               {"doctor"},
                                               {"watch", "--count", "1"},
                                               {"reset", "stats"},
                                               {"reset", "all", "--yes"}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "200"});
        const auto began = std::chrono::steady_clock::now();
        const Outcome run = run_ctl(world.root(), daemon.socket(), arguments);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2)) << command[0];
        EXPECT_GE(run.status, 0);
        EXPECT_LE(run.status, 3);
        EXPECT_NE(run.out + run.err, "") << command[0];
        arguments.emplace_back("--json");
        const Outcome json_run = run_ctl(world.root(), daemon.socket(), arguments);
        if (!json_run.out.empty()) {
            EXPECT_TRUE(nlohmann::json::accept(json_run.out)) << command[0] << json_run.out;
        }
    }
}

TEST_P(HostileDaemon, IsNotHealthy) {
    const FakeWorld world({});
    const FakeDaemon daemon(GetParam(), world.root() / "sys");
    const int status = run_ctl(world.root(), daemon.socket(), {"status", "--timeout", "200"}).status;
    EXPECT_EQ(status, GetParam() == Behavior::refuses ? 3 : 2);
}

INSTANTIATE_TEST_SUITE_P(Behaviors, HostileDaemon,
                         testing::Values(Behavior::hangs, Behavior::closes, Behavior::says_noise,
                                         Behavior::says_lists, Behavior::wrong_types, Behavior::never_ends,
                                         Behavior::refuses));

// The queue of a socket that nobody accepts from fills up, and connect() itself does not come back.
TEST(FullBacklog, CountsAsHung) {
    const FakeWorld world({});
    const std::string path = testing::TempDir() + "/daedalus-full-" + std::to_string(getpid());
    unlink(path.c_str());
    const util::UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(listener.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(listen(listener.get(), 0), 0);
    std::vector<util::UniqueFd> queue;
    for (int i = 0; i < 10; ++i) {
        queue.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        (void)connect(queue.back().get(), reinterpret_cast<const struct sockaddr*>(&address),
                      sizeof(address));
    }
    const Outcome run = run_ctl(world.root(), path, {"status", "--timeout", "200"});
    EXPECT_EQ(run.status, 2);
    EXPECT_NE(run.out.find("does not answer"), std::string::npos) << run.out;
    unlink(path.c_str());
}

} // namespace
} // namespace daedalus::test
