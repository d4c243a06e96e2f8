// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_launcher.h"

#include <gtest/gtest.h>

#include <optional>
#include <sys/socket.h>
#include <unistd.h>

namespace daedalus::supervisor {
namespace {

/// A worker that is never asked, and a socket whose other end is the test's.
class IdleWorkerTest : public testing::Test {
  protected:
    IdleWorkerTest() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        theirs_.reset(ends[1]);
        auto process = ChildProcess::start("/bin/sleep", {"100"}, {});
        auto page = statistics::WorkerPage::create();
        EXPECT_TRUE(process && page);
        worker_ = IdleWorker{std::move(*process), std::move(*page), util::UniqueFd(ends[0])};
    }

    std::optional<IdleWorker> worker_;
    util::UniqueFd theirs_;
};

TEST_F(IdleWorkerTest, GetsASessionAndItsJournal) {
    ASSERT_TRUE(worker_->hand_over(STDIN_FILENO, STDOUT_FILENO));
    char words[8];
    EXPECT_EQ(recv(theirs_.get(), words, sizeof(words), MSG_DONTWAIT), 1);
    EXPECT_EQ(recv(theirs_.get(), words, sizeof(words), MSG_DONTWAIT), 1);
}

TEST_F(IdleWorkerTest, TakesNothingWhenItHasEnded) {
    theirs_.reset();
    EXPECT_TRUE(worker_->hand_over(STDIN_FILENO, -1));
}

/// Killed between the two words, it leaves the first unread, and the second send fails in another way.
TEST_F(IdleWorkerTest, TakesNothingWhenItEndsHalfWay) {
    ASSERT_EQ(send(worker_->socket.get(), "", 1, 0), 1);
    theirs_.reset();
    EXPECT_TRUE(worker_->hand_over(STDIN_FILENO, -1));
}

TEST_F(IdleWorkerTest, IsNotToBlameForABadDescriptor) {
    EXPECT_FALSE(worker_->hand_over(1 << 20, -1));
}

} // namespace
} // namespace daedalus::supervisor
