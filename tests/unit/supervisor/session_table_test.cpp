// SPDX-License-Identifier: BSD-2-Clause
#include "unit/supervisor/session_table_fixture.h"

#include "statistics/recorder.h"

#include <csignal>

namespace daedalus::supervisor {
namespace {

TEST_F(SessionTableTest, WorkerHoldsTheOnlySessionFd) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    ASSERT_TRUE(find(1) && find(1)->worker);
    EXPECT_FALSE(find(1)->parked_fd);
    EXPECT_FALSE(closed(kernel));
    find(1)->worker->process.kill(SIGKILL);
    EXPECT_TRUE(run_until([&] { return closed(kernel) && !find(1)->worker; }));
    EXPECT_EQ(table_->workers_died(), 1U);
}

TEST_F(SessionTableTest, SessionEndsWithItsWorker) {
    worker_is("exit 0\n");
    util::UniqueFd kernel = offer(1);
    EXPECT_TRUE(run_until([&] { return find(1) == nullptr; }));
    EXPECT_EQ(table_->workers_died(), 0U);
    EXPECT_EQ(table_->codec_totals().sessions(DAEDALUS_CODEC_H264), 1U);
}

TEST_F(SessionTableTest, SessionIsServedAgainAfterADeath) {
    worker_is("exec sleep 100\n");
    util::UniqueFd first = offer(1);
    find(1)->worker->process.kill(SIGKILL);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(find(1)->worker);
    EXPECT_EQ(table_->sessions().size(), 1U);
}

TEST_F(SessionTableTest, NextWorkerWaitsForTheEndOfAStuckOne) {
    worker_is("exec sleep 100\n");
    util::UniqueFd first = offer(1);
    const pid_t stuck = find(1)->worker->process.pid();
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(find(1)->parked_fd);
    logged.clear();
    util::set_log_sink(log_to_string);
    EXPECT_TRUE(run_until([&] { return find(1)->worker && find(1)->worker->process.pid() != stuck; }));
    util::set_log_sink(nullptr);
    EXPECT_NE(logged.find("did not answer the kernel: it is replaced"), std::string::npos) << logged;
    EXPECT_EQ(::kill(stuck, 0), -1);
    EXPECT_FALSE(closed(second));
}

/// Every worker of a session gets the same one, and no other session has it.
TEST_F(SessionTableTest, JournalGoesFromWorkerToWorker) {
    const auto journal_of = [&](std::uint64_t id) {
        struct stat status = {};
        EXPECT_EQ(fstat(find(id)->journal.get(), &status), 0);
        EXPECT_GE(status.st_size, static_cast<off_t>(config_.journal_bytes));
        return status.st_ino;
    };
    worker_is("exec sleep 100\n");
    util::UniqueFd first = offer(1);
    util::UniqueFd other = offer(2);
    const ino_t journal = journal_of(1);
    EXPECT_NE(journal_of(2), journal);
    find(1)->worker->process.kill(SIGKILL);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    util::UniqueFd second = offer(1);
    EXPECT_EQ(journal_of(1), journal);
}

TEST_F(SessionTableTest, JournalCanBeLeftOut) {
    config_.journal_bytes = 0;
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    EXPECT_TRUE(find(1)->worker);
    EXPECT_FALSE(find(1)->journal);
}

/// Whatever a worker died of, it may have been the GPU: this session's next ones are told to do without,
/// another's are not.
TEST_F(SessionTableTest, NextWorkerDoesWithoutTheGpu) {
    worker_is("while sleep 1; do :; done\n"); // its arguments stay to be seen
    config_.worker_options.gpu_mode = config::GpuMode::on;
    const auto has_gpu = [&](std::uint64_t id) {
        std::string arguments; // there when the new program is
        EXPECT_TRUE(run_until([&] {
            std::ifstream file("/proc/" + std::to_string(find(id)->worker->process.pid()) + "/cmdline");
            arguments.assign(std::istreambuf_iterator<char>(file), {});
            return arguments.find("--gpu=") != std::string::npos;
        })) << arguments;
        return arguments.find("--gpu=2") != std::string::npos;
    };
    util::UniqueFd first = offer(1);
    EXPECT_TRUE(has_gpu(1));
    find(1)->worker->process.kill(SIGKILL);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    util::UniqueFd second = offer(1);
    EXPECT_FALSE(has_gpu(1));
    util::UniqueFd other = offer(2);
    EXPECT_TRUE(has_gpu(2));
}

/// The session is offered again before the worker can be reaped: not one that is stuck.
TEST_F(SessionTableTest, DeadWorkerIsNotTakenForAStuckOne) {
    logged.clear();
    util::set_log_sink(log_to_string);
    worker_is("kill -SEGV $$\n");
    util::UniqueFd first = offer(1);
    pollfd exited = {find(1)->worker->process.poll_fd(), POLLIN, 0};
    ASSERT_EQ(poll(&exited, 1, 5000), 1);
    worker_is("exec sleep 100\n");
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(run_until([&] { return table_->workers_died() == 1 && find(1)->worker; }));
    util::set_log_sink(nullptr);
    EXPECT_NE(logged.find("the worker was killed by signal 11"), std::string::npos) << logged;
    EXPECT_EQ(logged.find("did not answer"), std::string::npos) << logged;
}

/// A worker that the kernel has taken the session from reads its end, as if the client had closed.
TEST_F(SessionTableTest, WorkerThatWasReplacedMayEndByItself) {
    worker_is("exit 0\n");
    util::UniqueFd first = offer(1);
    struct stat before {};
    ASSERT_EQ(fstat(find(1)->journal.get(), &before), 0);
    pollfd exited = {find(1)->worker->process.poll_fd(), POLLIN, 0};
    ASSERT_EQ(poll(&exited, 1, 5000), 1);
    worker_is("exec sleep 100\n");
    util::UniqueFd second = offer(1);
    EXPECT_TRUE(run_until([&] { return table_->workers_died() == 1 && find(1) && find(1)->worker; }));
    struct stat after {};
    ASSERT_EQ(fstat(find(1)->journal.get(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino) << "what the worker had decoded is forgotten";
}

TEST_F(SessionTableTest, CrashLoopIsBrokenOffAndTriedAgainLater) {
    worker_is("exit 1\n");
    util::UniqueFd kernel;
    for (unsigned death = 1; death <= config_.worker_deaths; death++) {
        kernel = offer(1);
        ASSERT_TRUE(run_until([&] { return table_->workers_died() == death; }));
    }
    EXPECT_TRUE(find(1)->broken);
    kernel = offer(1);
    EXPECT_FALSE(find(1)->worker);
    EXPECT_TRUE(run_until([&] { return canceled_[1] > 0; })) << "its requests must fail at once";
    worker_is("exec sleep 100\n");
    EXPECT_TRUE(run_until([&] { return find(1)->worker.has_value(); }));
    EXPECT_FALSE(find(1)->broken);
}

TEST_F(SessionTableTest, AnotherCodecTakesAnotherWorker) {
    worker_is("exit 3\n");
    util::UniqueFd first = offer(1);
    ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    worker_is("exec sleep 100\n");
    util::UniqueFd second = offer(1, DAEDALUS_CODEC_VP9);
    EXPECT_TRUE(find(1)->worker);
    EXPECT_EQ(table_->workers_died(), 0U);
}

TEST_F(SessionTableTest, AnotherCodecThatThereIsNotIsADeath) {
    worker_is("exit 3\n");
    util::UniqueFd kernel;
    for (unsigned death = 1; death <= config_.worker_deaths; death++) {
        kernel = offer(1);
        ASSERT_TRUE(run_until([&] { return !find(1)->worker; }));
    }
    kernel = offer(1);
    EXPECT_EQ(table_->workers_died(), config_.worker_deaths);
    EXPECT_TRUE(find(1)->broken);
    EXPECT_FALSE(find(1)->worker);
}

/// Of each codec what was decoded of it, before and after the client has gone.
TEST_F(SessionTableTest, PicturesStayWithTheirCodec) {
    worker_is("exec sleep 100\n");
    util::UniqueFd first = offer(1);
    decode(1, 1);
    ASSERT_EQ(frames(1), 1U);
    // Whichever is noticed first, the offer or the worker's end.
    util::UniqueFd second = offer(1, DAEDALUS_CODEC_VP9);
    EXPECT_EQ(find(1)->counted_codec, DAEDALUS_CODEC_H264);
    ASSERT_TRUE(run_until([&] { return find(1)->counted_codec == DAEDALUS_CODEC_VP9; }));
    EXPECT_EQ(frames(1), 0U);
    EXPECT_EQ(table_->codec_totals().retired(DAEDALUS_CODEC_H264).frames, 1U);
    table_->clear();
    EXPECT_EQ(table_->codec_totals().retired(DAEDALUS_CODEC_H264).frames, 1U);
    EXPECT_EQ(table_->codec_totals().retired(DAEDALUS_CODEC_VP9).frames, 0U);
    EXPECT_EQ(table_->codec_totals().sessions(DAEDALUS_CODEC_VP9), 1U);
}

/// Nobody reads the end of its file, which tells of it otherwise.
TEST_F(SessionTableTest, BrokenSessionEndsWithItsClient) {
    config_.worker_death_window_s = 1000;
    unlink(config_.worker.c_str());
    util::UniqueFd kernel = offer(1);
    ASSERT_TRUE(run_until([&] { return canceled_[1] > 0; }));
    EXPECT_TRUE(find(1)->broken);
    client_gone_ = true;
    EXPECT_TRUE(run_until([&] { return find(1) == nullptr; }));
    EXPECT_TRUE(closed(kernel));
}

TEST_F(SessionTableTest, MissingWorkerProgramBreaksTheSession) {
    unlink(config_.worker.c_str());
    util::UniqueFd kernel = offer(1);
    EXPECT_TRUE(find(1)->broken);
    EXPECT_TRUE(run_until([&] { return canceled_[1] > 0; }));
}

TEST_F(SessionTableTest, WorkerThatSitsOnAJobIsKilled) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    auto page = page_of(1);
    ASSERT_TRUE(page) << page.error().message;
    statistics::Recorder recorder(*page);
    recorder.job_queued(1, 100, 1, 0);
    recorder.job_decoding(1);
    EXPECT_TRUE(run_until([&] { return !find(1)->worker; }));
    EXPECT_TRUE(closed(kernel));
}

/// Also where no job waits for it: in a drain, or in what earlier workers had decoded.
TEST_F(SessionTableTest, WorkerWhoseDecoderDoesNotReturnIsKilled) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    auto page = page_of(1);
    ASSERT_TRUE(page) << page.error().message;
    statistics::Recorder recorder(*page);
    const statistics::InDecoder in(recorder);
    EXPECT_TRUE(run_until([&] { return !find(1)->worker; }));
    EXPECT_TRUE(closed(kernel));
}

/// When the machine sleeps, both do. Nobody knows then how long the worker has had.
TEST_F(SessionTableTest, WorkerHasItsTimeAnewWhenTheSupervisorWasAway) {
    config_.frame_deadline_ms = 1000;
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    auto page = page_of(1);
    ASSERT_TRUE(page) << page.error().message;
    statistics::Recorder recorder(*page);
    recorder.job_queued(1, 100, 1, 0);
    recorder.job_decoding(1);
    run_until([start = monotonic_us()] { return monotonic_us() - start > 100'000; });
    usleep(1'500'000);
    run_until([start = monotonic_us()] { return monotonic_us() - start > 200'000; });
    EXPECT_TRUE(find(1)->worker);
    EXPECT_TRUE(run_until([&] { return !find(1)->worker; }));
}

TEST_F(SessionTableTest, SessionGetsTheWorkerThatWasStartedAheadOfTime) {
    const std::string pid_file = config_.worker + ".pid";
    worker_is("echo $$ >" + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; exec sleep 100\n");
    table_->prepare();
    ASSERT_TRUE(run_until([&] { return access(pid_file.c_str(), R_OK) == 0; }));
    pid_t ready = 0;
    std::ifstream(pid_file) >> ready;
    unlink(pid_file.c_str());
    util::UniqueFd first = offer(1);
    EXPECT_EQ(find(1)->worker->process.pid(), ready);
    EXPECT_FALSE(closed(first));
    util::UniqueFd second = offer(2);
    EXPECT_NE(find(2)->worker->process.pid(), ready);
    ASSERT_TRUE(run_until([&] { return access(pid_file.c_str(), R_OK) == 0; }));
    table_->clear();
    EXPECT_EQ(::kill(ready, 0), -1);
    unlink(pid_file.c_str());
}

TEST_F(SessionTableTest, IdleWorkerIsLeftAlone) {
    worker_is("exec sleep 100\n");
    util::UniqueFd kernel = offer(1);
    run_until([start = monotonic_us()] { return monotonic_us() - start > 400'000; });
    EXPECT_TRUE(find(1)->worker);
}

} // namespace
} // namespace daedalus::supervisor
