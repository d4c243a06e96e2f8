// SPDX-License-Identifier: BSD-2-Clause
// The watchdog with a socket of our own in the service manager's place.
#include "supervisor/watchdog.h"

#include "supervisor/session.h"
#include "unit/supervisor/new_event.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

namespace daedalus::supervisor {
namespace {

constexpr std::uint64_t timeout_us = 200'000;

class WatchdogTest : public testing::Test {
  protected:
    WatchdogTest() {
        struct sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
        manager_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        EXPECT_EQ(bind(manager_.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", path_.c_str(), 1);
        setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
        setenv("WATCHDOG_USEC", std::to_string(timeout_us).c_str(), 1);
    }
    ~WatchdogTest() override {
        for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})
            unsetenv(variable);
        unlink(path_.c_str());
    }

    /// How often the service manager was told so far, since the last call.
    int words() {
        std::array<char, 64> buffer{};
        int count = 0;
        for (ssize_t got = 0; (got = recv(manager_.get(), buffer.data(), buffer.size(), 0)) > 0; ++count)
            EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(got)), "WATCHDOG=1");
        return count;
    }

    void run_for(std::uint64_t us) {
        for (const std::uint64_t end = monotonic_us() + us; monotonic_us() < end;)
            sd_event_run(event_.get(), 5'000);
    }

    const std::string path_ = testing::TempDir() + "daedalus-notify-" + std::to_string(getpid());
    util::UniqueFd manager_;
    Event event_ = new_event();
    Watchdog watchdog_;
};

TEST_F(WatchdogTest, IsToldForAsLongAsTheLoopGoesRound) {
    ASSERT_TRUE(watchdog_.start(event_.get()));
    EXPECT_EQ(watchdog_.timeout_us(), timeout_us);
    EXPECT_EQ(words(), 1);
    run_for(timeout_us * 2);
    EXPECT_GE(words(), 2);
    EXPECT_LT(watchdog_.age_us(monotonic_us()), timeout_us);
    // The loop stands still: not a word more, and the age tells.
    usleep(timeout_us + (timeout_us / 2));
    EXPECT_EQ(words(), 0);
    EXPECT_GT(watchdog_.age_us(monotonic_us()), timeout_us);
}

TEST_F(WatchdogTest, IsNotKnownWhereNobodyWatches) {
    setenv("WATCHDOG_PID", "1", 1); // meant for another process
    ASSERT_TRUE(watchdog_.start(event_.get()));
    EXPECT_EQ(watchdog_.timeout_us(), std::nullopt);
    EXPECT_EQ(watchdog_.age_us(monotonic_us()), std::nullopt);
    run_for(timeout_us);
    EXPECT_EQ(words(), 0);
}

} // namespace
} // namespace daedalus::supervisor
