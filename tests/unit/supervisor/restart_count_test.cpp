// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/restart_count.h"

#include "supervisor/runtime_file.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace daedalus::supervisor {
namespace {

class RestartCountTest : public testing::Test {
  protected:
    RestartCountTest() {
        std::filesystem::create_directory(directory_);
        setenv("RUNTIME_DIRECTORY", directory_.c_str(), 1);
    }
    ~RestartCountTest() override {
        unsetenv("RUNTIME_DIRECTORY");
        std::filesystem::remove_all(directory_);
    }

    const std::filesystem::path directory_ =
        std::filesystem::path(testing::TempDir()) / ("daedalus-restarts-" + std::to_string(getpid()));
};

TEST_F(RestartCountTest, CountsEveryStartButTheFirst) {
    const auto file = runtime_file(restart_count_name);
    ASSERT_EQ(file, directory_ / "restarts");
    EXPECT_EQ(count_restart(*file), 0U);
    EXPECT_EQ(count_restart(*file), 1U);
    EXPECT_EQ(count_restart(*file), 2U);
}

TEST_F(RestartCountTest, BeginsAnewAfterAnEndThatWasAskedFor) {
    const auto file = runtime_file(restart_count_name);
    (void)count_restart(*file);
    EXPECT_EQ(count_restart(*file), 1U);
    forget_file(file);
    EXPECT_EQ(count_restart(*file), 0U);
}

TEST_F(RestartCountTest, AnEmptyFileWasLeftByAStart) {
    std::ofstream(directory_ / "restarts").close();
    EXPECT_EQ(count_restart(directory_ / "restarts"), 1U);
}

TEST_F(RestartCountTest, IsNotKnownWithoutARuntimeDirectory) {
    EXPECT_EQ(count_restart(directory_ / "none" / "restarts"), std::nullopt);
    setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
    EXPECT_EQ(runtime_file(restart_count_name), "/run/one/restarts");
    setenv("RUNTIME_DIRECTORY", "", 1);
    EXPECT_EQ(runtime_file(restart_count_name), std::nullopt);
    unsetenv("RUNTIME_DIRECTORY");
    EXPECT_EQ(runtime_file(restart_count_name), std::nullopt);
}

} // namespace
} // namespace daedalus::supervisor
