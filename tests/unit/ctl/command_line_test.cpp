// SPDX-License-Identifier: BSD-2-Clause
// The command line: what is refused, and what asks first.
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

namespace daedalus::test {
namespace {

class CommandLineTest : public testing::Test {
  protected:
    Outcome run(std::vector<std::string> arguments, const std::string& input = "", bool terminal = false) {
        return run_ctl(world_.root(), daemon_.socket(), std::move(arguments), input, terminal);
    }

    FakeWorld world_{{}};
    FakeDaemon daemon_{Behavior::answers, world_.root() / "sys"};
};

TEST_F(CommandLineTest, WrongOnesExitWithThree) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{},
                                               {"dance"},
                                               {"status", "--format=xml"},
                                               {"sessions", "--codec", "theora"},
                                               {"reset"},
                                               {"reset", "job"},
                                               {"reset", "session"},
                                               {"reset", "session", "three"},
                                               {"watch", "--interval", "0"},
                                               {"watch", "--sort", "name"},
                                               {"completion", "tcsh"},
                                               {"status", "--timeout", "0"}}) {
        const Outcome result = run(arguments);
        EXPECT_EQ(result.status, 3) << (arguments.empty() ? "nothing" : arguments[0]);
        EXPECT_NE(result.err, "");
        EXPECT_EQ(result.out, "");
    }
    EXPECT_TRUE(daemon_.provider_.canceled_.empty());
}

TEST_F(CommandLineTest, HelpShowsExamples) {
    for (const char* command :
         {"status", "sessions", "jobs", "stats", "watch", "reset", "metrics", "log", "completion"}) {
        const Outcome result = run({command, "--help"});
        EXPECT_EQ(result.status, 0);
        EXPECT_NE(result.out.find("Examples:\n"), std::string::npos) << command;
    }
    EXPECT_EQ(run({"--help"}).status, 0);
}

TEST_F(CommandLineTest, Version) {
    const Outcome result = run({"--version"});
    EXPECT_EQ(result.status, 0);
    EXPECT_TRUE(result.out.starts_with("daedalusctl ")) << result.out;
}

TEST_F(CommandLineTest, TopIsWatch) {
    const Outcome result = run({"top", "--count", "1"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("session=3"), std::string::npos);
}

TEST_F(CommandLineTest, ResetEndsWhatItNames) {
    EXPECT_EQ(run({"reset", "job", "0x100000007"}).out, "job 0x100000007 of session 3: ended 1 job\n");
    EXPECT_EQ(run({"reset", "job", "4294967304", "--session", "3"}).status, 0);
    EXPECT_EQ(run({"reset", "session", "5"}).status, 0);
    EXPECT_EQ(run({"reset", "stats"}).out, "statistics: counting from zero\n");
    EXPECT_EQ(daemon_.provider_.canceled_, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{
                                               {3, 0x100000007}, {3, 4294967304}, {5, 0}}));
    EXPECT_EQ(daemon_.provider_.resets_, 1);
}

TEST_F(CommandLineTest, ResetRefusesWhatIsNotThere) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"reset", "job", "0"},
                                               {"reset", "job", "17"},
                                               {"reset", "job", "0xzz"},
                                               {"reset", "job", "1", "--session", "9"},
                                               {"reset", "session", "9"}}) {
        const Outcome result = run(arguments);
        EXPECT_EQ(result.status, 3) << arguments[2];
        EXPECT_EQ(result.out, "");
        EXPECT_TRUE(result.err.starts_with("daedalusctl: ")) << result.err;
    }
    EXPECT_TRUE(daemon_.provider_.canceled_.empty());
}

TEST_F(CommandLineTest, ResetJobAsksWhichSessionWhenSeveralHaveIt) {
    daemon_.provider_.sessions_[1].worker.jobs = daemon_.provider_.sessions_[0].worker.jobs;
    const Outcome result = run({"reset", "job", "0x100000007"});
    EXPECT_EQ(result.status, 3);
    EXPECT_NE(result.err.find("--session"), std::string::npos);
    EXPECT_TRUE(daemon_.provider_.canceled_.empty());
}

TEST_F(CommandLineTest, ResetAllAsksFirst) {
    EXPECT_EQ(run({"reset", "all"}).status, 3) << "no terminal, no --yes";
    EXPECT_EQ(run({"reset", "all"}, "n\n", true).status, 3);
    EXPECT_EQ(run({"reset", "all"}, "", true).status, 3);
    EXPECT_TRUE(daemon_.provider_.canceled_.empty());
    EXPECT_EQ(run({"reset", "all"}, "y\n", true).status, 0);
    EXPECT_EQ(daemon_.provider_.canceled_.size(), 2U);
    EXPECT_EQ(run({"reset", "all", "--yes"}).out, "all sessions: ended 4 jobs\n");
}

TEST_F(CommandLineTest, OptionsMayStandAnywhere) {
    const std::string first = run({"--json", "sessions"}).out;
    EXPECT_EQ(run({"sessions", "--json"}).out, first);
    EXPECT_EQ(nlohmann::json::parse(first)["sessions"].size(), 2U);
    EXPECT_EQ(nlohmann::json::parse(run({"sessions", "--codec", "vp9", "--json"}).out)["sessions"].size(),
              1U);
    EXPECT_EQ(nlohmann::json::parse(run({"jobs", "--session", "5", "--json"}).out)["jobs"].size(), 0U);
    EXPECT_EQ(run({"jobs", "--session", "9"}).status, 3);
}

} // namespace
} // namespace daedalus::test
