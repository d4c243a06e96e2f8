// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_end.h"

#include "statistics/recorder.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/syscall.h>

namespace daedalus::supervisor {
namespace {

TEST(WorkerEnd, NamesTheCallThatTheSandboxRefused) {
    auto page = statistics::WorkerPage::create();
    ASSERT_TRUE(page) << page.error().message;
    auto worker =
        statistics::WorkerPage::map(util::UniqueFd(dup(page->fd())), statistics::WorkerPage::Access::write);
    ASSERT_TRUE(worker) << worker.error().message;
    const ExitStatus stopped = {.exited = false, .value = SIGSYS};
    EXPECT_EQ(describe_end(stopped, *page), "was stopped by its sandbox");
    worker->writable()->refused_call = SYS_openat + 1;
    EXPECT_EQ(describe_end(stopped, *page), "was stopped by its sandbox: it called openat");
    worker->writable()->refused_call = 10000;
    EXPECT_EQ(describe_end(stopped, *page), "was stopped by its sandbox: it called system call 9999");
    worker->writable()->refused_call = ~std::uint64_t{0};
    EXPECT_EQ(describe_end(stopped, *page), "was stopped by its sandbox");
    // Another end is told as it was, whatever the worker wrote.
    worker->writable()->refused_call = SYS_openat + 1;
    EXPECT_EQ(describe_end({.exited = true, .value = 3}, *page), "exited with status 3");
    EXPECT_EQ(describe_end({.exited = false, .value = SIGSEGV}, *page),
              "was killed by signal 11 (Segmentation fault)");
}

TEST(WorkerEnd, OfAnotherDaemonsChildIsWhatItHasSaidItself) {
    auto page = statistics::WorkerPage::create();
    ASSERT_TRUE(page) << page.error().message;
    auto worker =
        statistics::WorkerPage::map(util::UniqueFd(dup(page->fd())), statistics::WorkerPage::Access::write);
    ASSERT_TRUE(worker) << worker.error().message;
    const ExitStatus unknown = {.known = false};
    EXPECT_FALSE(learn_end(unknown, *page).success());
    EXPECT_EQ(describe_end(learn_end(unknown, *page), *page), "ended");
    statistics::Recorder(*worker).ended(3);
    EXPECT_EQ(learn_end(unknown, *page).value, 3);
    statistics::Recorder(*worker).ended(0);
    EXPECT_TRUE(learn_end(unknown, *page).success());
    // What waitid() has said counts more.
    EXPECT_EQ(learn_end({.exited = false, .value = SIGKILL}, *page).value, SIGKILL);
    worker->writable()->ended = ~std::uint64_t{0};
    EXPECT_FALSE(learn_end(unknown, *page).known);
    worker->writable()->refused_call = SYS_openat + 1;
    EXPECT_EQ(describe_end(unknown, *page), "was stopped by its sandbox: it called openat");
}

} // namespace
} // namespace daedalus::supervisor
