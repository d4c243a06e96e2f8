// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_launcher.h"
#include "unit/supervisor/new_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace daedalus::supervisor {
namespace {

/// Programs that exit with a status of their own, one put in the other's place as an upgrade does it.
class WorkerLauncherTest : public testing::Test {
  protected:
    WorkerLauncherTest() {
        char name[] = "/tmp/daedalus-launcher-XXXXXX";
        EXPECT_NE(mkdtemp(name), nullptr);
        directory_ = name;
        config_.worker = directory_ / "worker";
    }
    ~WorkerLauncherTest() override { std::filesystem::remove_all(directory_); }

    void install(const std::string& body) {
        const auto next = directory_ / "worker.dpkg-new";
        std::ofstream(next) << "#!/bin/sh\n" << body;
        chmod(next.c_str(), 0700);
        std::filesystem::rename(next, config_.worker);
    }

    static int status_of(util::Result<IdleWorker> worker) {
        if (!worker)
            return -1;
        return worker->process.reap().value;
    }

    Event event_ = new_event();
    std::filesystem::path directory_;
    config::Config config_;
};

TEST_F(WorkerLauncherTest, StartsWhatWasThereFirst) {
    WorkerLauncher launcher(event_.get(), config_);
    EXPECT_FALSE(launcher.take());
    install("exit 11");
    EXPECT_EQ(status_of(launcher.take()), 11);
    install("exit 12");
    EXPECT_EQ(status_of(launcher.take()), 11);
    EXPECT_EQ(status_of(WorkerLauncher(event_.get(), config_).take()), 12);
}

/// Sessions that begin faster than it is made must not put it off.
TEST_F(WorkerLauncherTest, SpareIsMadeHoweverOftenOneIsTaken) {
    const auto list = directory_ / "started";
    install("echo >>" + list.string() + "; exec sleep 100\n");
    WorkerLauncher launcher(event_.get(), config_);
    std::vector<util::Result<IdleWorker>> taken;
    const auto run_for = [&](std::chrono::milliseconds time) {
        for (const auto end = std::chrono::steady_clock::now() + time;
             std::chrono::steady_clock::now() < end;)
            sd_event_run(event_.get(), 10'000);
    };
    const auto started = [&] {
        std::ifstream file(list);
        return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
    };
    for (int i = 0; i < 3; i++) {
        taken.push_back(launcher.take());
        ASSERT_TRUE(taken.back());
        run_for(std::chrono::milliseconds(450));
    }
    EXPECT_EQ(started(), 4);
}

TEST_F(WorkerLauncherTest, SaysWhichProgramIsMissing) {
    const auto missing = WorkerLauncher(event_.get(), config_).take();
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find(config_.worker), std::string::npos);
}

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
