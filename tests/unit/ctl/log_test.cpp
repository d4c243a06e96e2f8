// SPDX-License-Identifier: BSD-2-Clause
// The log command with a journalctl of our own.
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace daedalus::test {
namespace {

class LogTest : public testing::Test {
  protected:
    LogTest() {
        world_.write(
            "/bin/journalctl",
            "#!/bin/sh\n"
            "echo \"$@\" > " +
                (world_.root() / "arguments").string() +
                "\n"
                "cat <<'END'\n"
                R"({"__REALTIME_TIMESTAMP":"1760000000123456","PRIORITY":"4","MESSAGE":"worker died","DAEDALUS_SESSION":"3","DAEDALUS_CODEC":"H.264","DAEDALUS_CLIENT_PID":"42","DAEDALUS_CLIENT_COMM":"player"})"
                "\nnot json\n"
                R"({"__REALTIME_TIMESTAMP":"1760000001000000","PRIORITY":"6","MESSAGE":[27,91,51,49,109,104,105]})"
                "\nEND\n");
        std::filesystem::permissions(world_.root() / "bin/journalctl", std::filesystem::perms::all);
        path_ = std::getenv("PATH");
        setenv("PATH", ((world_.root() / "bin").string() + ":" + path_).c_str(), 1);
        setenv("TZ", "UTC", 1);
    }
    ~LogTest() override { setenv("PATH", path_.c_str(), 1); }

    std::string arguments() {
        std::ifstream stream(world_.root() / "arguments");
        std::string line;
        std::getline(stream, line);
        return line;
    }

    FakeWorld world_{{}};
    std::string path_;
};

TEST_F(LogTest, NamesSessionsAndDefusesControlCharacters) {
    const Outcome run = run_ctl(world_.root(), "/nonexistent", {"log"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "Oct 09 08:53:20.123  session 3 (H.264, player[42]) worker died\n"
                       "Oct 09 08:53:21.000  \\x1b[31mhi\n");
    EXPECT_NE(arguments().find("_SYSTEMD_UNIT=daedalusd.service"), std::string::npos);
}

TEST_F(LogTest, PassesOnWhatItIsAskedFor) {
    (void)run_ctl(world_.root(), "/nonexistent",
                  {"log", "--session", "3", "--lines", "7", "--follow", "--since", "; rm -rf /"});
    EXPECT_NE(arguments().find("DAEDALUS_SESSION=3"), std::string::npos);
    EXPECT_NE(arguments().find("--lines=7"), std::string::npos);
    EXPECT_NE(arguments().find("--follow"), std::string::npos);
    EXPECT_NE(arguments().find("--since=; rm -rf /"), std::string::npos) << "one argument, no shell";
}

TEST_F(LogTest, JsonIsAnObjectALine) {
    const Outcome run = run_ctl(world_.root(), "/nonexistent", {"log", "--json"});
    std::istringstream lines(run.out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_EQ(nlohmann::json::parse(line)["schema_version"], 1);
    EXPECT_EQ(count, 2U);
}

TEST_F(LogTest, WithoutJournalctl) {
    setenv("PATH", "/nonexistent", 1);
    const Outcome run = run_ctl(world_.root(), "/nonexistent", {"log"});
    EXPECT_EQ(run.status, 3);
    EXPECT_NE(run.err.find("journalctl"), std::string::npos);
}

} // namespace
} // namespace daedalus::test
