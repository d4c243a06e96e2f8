// SPDX-License-Identifier: BSD-2-Clause
// One session table after another, with a service manager between them that keeps what it is asked to.
#include "unit/supervisor/session_table_fixture.h"

#include "statistics/recorder.h"
#include "supervisor/session_record.h"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

namespace daedalus::supervisor {
namespace {

class AdoptionTest : public SessionTableTest {
  protected:
    AdoptionTest() : path_(testing::TempDir() + "daedalus-notify-" + std::to_string(getpid())) {
        unlink(path_.c_str());
        socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
        EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", path_.c_str(), 1);
        store_ = FdStore(std::map<std::string, util::UniqueFd>());
        manager_ = std::jthread([this](const std::stop_token& stop) {
            // The socket holds ten messages; whoever sends more waits.
            while (!stop.stop_requested()) {
                pollfd poll_fd = {socket_.get(), POLLIN, 0};
                if (poll(&poll_fd, 1, 10) > 0)
                    manage();
            }
        });
    }
    ~AdoptionTest() override {
        table_.reset();
        manager_ = {};
        unsetenv("NOTIFY_SOCKET");
        unlink(path_.c_str());
    }

    /// Does what the table has asked for so far.
    void manage() {
        const std::lock_guard lock(mutex_);
        char text[512] = {};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        for (;;) {
            iovec part = {text, sizeof(text) - 1};
            msghdr message = {};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = sizeof(control);
            const ssize_t length = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
            if (length < 0)
                return;
            const std::string_view said(text, static_cast<std::size_t>(length));
            const std::string name(said.substr(said.find("FDNAME=") + 7));
            if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
                EXPECT_FALSE(kept_.contains(name)) << name;
                kept_[name].reset(fd);
            } else {
                EXPECT_TRUE(said.starts_with("FDSTOREREMOVE=1")) << said;
                kept_.erase(name);
            }
        }
    }

    /// The daemon is killed, and the next begins with what is kept. Nothing is killed with it.
    void crash() {
        manage();
        table_->leave(); // closes, and does nothing else
        std::map<std::string, util::UniqueFd> handed_on;
        for (const auto& [name, fd] : kept_)
            handed_on[name].reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
        store_ = FdStore(std::move(handed_on));
        make_table();
        table_->adopt();
        store_.drop_left();
        manage();
    }

    std::string path_;
    util::UniqueFd socket_;
    std::mutex mutex_;
    std::map<std::string, util::UniqueFd> kept_; ///< looked at after manage(), while the table does nothing
    std::jthread manager_;
};

TEST_F(AdoptionTest, NextDaemonGoesOnWithTheWorker) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(7);
    const pid_t pid = find(7)->worker->process.pid();
    const std::uint64_t since = find(7)->since_us;
    crash();
    ASSERT_TRUE(find(7) && find(7)->worker);
    EXPECT_EQ(find(7)->worker->process.pid(), pid);
    EXPECT_EQ(find(7)->since_us, since);
    EXPECT_EQ(find(7)->client_comm(), "test");
    EXPECT_TRUE(find(7)->journal);
    EXPECT_FALSE(closed(kernel));
    EXPECT_EQ(::kill(pid, 0), 0);
    // And is its master in every way: also of the next crash.
    crash();
    find(7)->worker->process.kill(SIGKILL);
    EXPECT_TRUE(run_until([&] { return !find(7)->worker; }));
    EXPECT_EQ(table_->workers_died(), 1U);
    util::UniqueFd again = offer(7);
    EXPECT_NE(find(7)->worker->process.pid(), pid);
}

TEST_F(AdoptionTest, CountersGoOn) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    decode(1, 1);
    find(1)->worker->process.kill(SIGKILL);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    util::UniqueFd second = offer(1);
    decode(1, 2);
    EXPECT_EQ(frames(1), 2U);
    crash();
    EXPECT_EQ(frames(1), 2U);
    table_->reset_statistics();
    crash();
    EXPECT_EQ(frames(1), 0U);
}

TEST_F(AdoptionTest, WorkerThatEndedMeanwhileIsReplaced) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    manage();
    const util::UniqueFd process(fcntl(kept_["session-1-process"].get(), F_DUPFD_CLOEXEC, 0));
    ::kill(find(1)->worker->process.pid(), SIGKILL);
    pollfd ended = {process.get(), POLLIN, 0};
    ASSERT_EQ(poll(&ended, 1, 5000), 1);
    crash();
    EXPECT_TRUE(run_until([&] { return !find(1)->worker; }));
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(find(1)->worker);
    EXPECT_FALSE(closed(second));
}

TEST_F(AdoptionTest, WhatTheStoreHasLetGoOfIsReplaced) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    manage();
    const pid_t pid = find(1)->worker->process.pid();
    kept_.erase("session-1-process"); // as systemd does when it has ended
    crash();
    ::kill(pid, SIGKILL); // a shell script has no lifeline
    ASSERT_TRUE(find(1));
    EXPECT_FALSE(find(1)->worker);
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(find(1)->worker);
}

TEST_F(AdoptionTest, SessionThatWasClosedMeanwhileIsForgotten) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    manage();
    auto page = statistics::WorkerPage::map(util::UniqueFd(dup(kept_["session-1-page"].get())),
                                            statistics::WorkerPage::Access::write);
    ASSERT_TRUE(page) << page.error().message;
    statistics::Recorder(*page).ended(0);
    const pid_t pid = find(1)->worker->process.pid();
    kept_.erase("session-1-process");
    crash();
    ::kill(pid, SIGKILL);
    EXPECT_FALSE(find(1));
    EXPECT_EQ(table_->codec_totals().sessions(DAEDALUS_CODEC_H264), 1U);
    EXPECT_TRUE(kept_.empty());
}

TEST_F(AdoptionTest, WaitingSessionIsForgottenHoweverOftenTheDaemonRestarts) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    find(1)->worker->process.kill(SIGKILL);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    const std::uint64_t waits_since = find(1)->idle_since_us;
    ASSERT_NE(waits_since, 0U);
    crash();
    ASSERT_TRUE(find(1));
    EXPECT_EQ(find(1)->idle_since_us, waits_since);

    util::UniqueFd file(fcntl(kept_["session-1-record"].get(), F_DUPFD_CLOEXEC, 0));
    auto record = read_record(file);
    ASSERT_TRUE(record) << record.error().message;
    record->idle_since_us -= 11'000'000;
    ASSERT_TRUE(write_record(file, *record));
    crash();
    EXPECT_TRUE(run_until([&] { return !find(1); }));
    manage();
    EXPECT_TRUE(kept_.empty());
}

TEST_F(AdoptionTest, WorkerWithAnotherVersionsPageIsKilled) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    manage();
    const pid_t pid = find(1)->worker->process.pid();
    const std::uint64_t other = 0x5453'5544'4144'4501;
    ASSERT_EQ(pwrite(kept_["session-1-page"].get(), &other, sizeof(other), 0),
              static_cast<ssize_t>(sizeof(other)));
    crash();
    EXPECT_FALSE(find(1)->worker);
    EXPECT_TRUE(run_until([&] { return closed(kernel); }));
    EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(AdoptionTest, SessionThatNobodyCanReadIsBegunAnew) {
    worker_is("exec sleep 100\n");
    for (const std::uint64_t id : {1, 2, 3}) {
        util::UniqueFd kernel = offer(id);
        manage();
        const std::string record = "session-" + std::to_string(id) + "-record";
        if (id == 1)
            ASSERT_EQ(ftruncate(kept_[record].get(), 8), 0);
        else if (id == 2)
            kept_.erase(record);
        else
            kept_[record].reset(open("/dev/null", O_RDWR | O_CLOEXEC));
        const pid_t pid = find(id)->worker->process.pid();
        crash();
        ::kill(pid, SIGKILL); // a shell script has no lifeline
        EXPECT_FALSE(find(id));
        EXPECT_TRUE(kept_.empty()) << "nothing stays behind, the lifeline above all: "
                                   << kept_.begin()->first;
    }
}

TEST_F(AdoptionTest, NothingIsKeptOfASessionThatIsOver) {
    worker_is("exit 0\n");
    util::UniqueFd kernel = offer(1);
    EXPECT_TRUE(run_until([&] { return !find(1); }));
    manage();
    EXPECT_TRUE(kept_.empty());
}

TEST(SessionRecord, SurvivesAndIsChecked) {
    util::UniqueFd fd;
    EXPECT_FALSE(read_record(fd));
    SessionRecord record = {};
    record.info.session = 12;
    record.info.codec = DAEDALUS_CODEC_VP9;
    record.worker_pid = 345;
    ASSERT_TRUE(write_record(fd, record));
    record.since_us = 678;
    ASSERT_TRUE(write_record(fd, record));
    const auto read = read_record(fd);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->info.session, 12U);
    EXPECT_EQ(read->since_us, 678U);
    EXPECT_EQ(read->worker_pid, 345);
    record.info.codec = DAEDALUS_CODEC_COUNT;
    ASSERT_TRUE(write_record(fd, record));
    EXPECT_FALSE(read_record(fd));
}

} // namespace
} // namespace daedalus::supervisor
