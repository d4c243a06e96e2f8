// SPDX-License-Identifier: BSD-2-Clause
// The log command with a journalctl of our own.
#include "unit/ctl/fake_journal.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include <nlohmann/json.hpp>

namespace daedalus::test {
namespace {

class LogTest : public testing::Test {
  protected:
    FakeWorld world_{{}};
    FakeJournal journal_{world_};
};

TEST_F(LogTest, NamesSessionsAndDefusesControlCharacters) {
    const Outcome run = run_ctl(world_.root(), "/nonexistent", {"log"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "Oct 09 08:53:20.123  session 3 (H.264, player[42]) worker died\n"
                       "Oct 09 08:53:21.000  \\x1b[31mhi\n");
    EXPECT_NE(journal_.arguments().find("_SYSTEMD_UNIT=daedalusd.service"), std::string::npos);
}

TEST_F(LogTest, PassesOnWhatItIsAskedFor) {
    (void)run_ctl(world_.root(), "/nonexistent",
                  {"log", "--session", "3", "--lines", "7", "--follow", "--since", "; rm -rf /"});
    EXPECT_NE(journal_.arguments().find("DAEDALUS_SESSION=3"), std::string::npos);
    EXPECT_NE(journal_.arguments().find("--lines=7"), std::string::npos);
    EXPECT_NE(journal_.arguments().find("--follow"), std::string::npos);
    EXPECT_NE(journal_.arguments().find("--since=; rm -rf /"), std::string::npos) << "one argument, no shell";
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
