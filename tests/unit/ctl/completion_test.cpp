// SPDX-License-Identifier: BSD-2-Clause
// The completion scripts: in bash for real, in the others for what they must hold.
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace daedalus::test {
namespace {

std::string script(const std::string& shell) {
    const Outcome run = run_ctl("/nonexistent", "/nonexistent", {"completion", shell});
    EXPECT_EQ(run.status, 0);
    return run.out;
}

/// What bash offers for a command line whose last word is being typed.
std::string complete(const std::string& words) {
    const std::string file = testing::TempDir() + "/daedalusctl-completion-" + std::to_string(getpid());
    std::ofstream(file) << script("bash");
    const std::string command =
        "bash -c '. " + file + "; COMP_WORDS=(" + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _daedalusctl; echo \"${COMPREPLY[*]}\"'";
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    std::string text;
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
        text += buffer.data();
    EXPECT_EQ(pclose(pipe), 0);
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

TEST(BashCompletion, CommandsOptionsAndValues) {
    EXPECT_EQ(complete("daedalusctl sess"), "sessions");
    EXPECT_EQ(complete("daedalusctl to"), "top");
    EXPECT_EQ(complete("daedalusctl reset \"\"").find("session") != std::string::npos, true);
    EXPECT_EQ(complete("daedalusctl reset a"), "all");
    EXPECT_EQ(complete("daedalusctl reset all --y"), "--yes");
    EXPECT_EQ(complete("daedalusctl sessions --codec v"), "vp9 vp8");
    EXPECT_EQ(complete("daedalusctl --json sessions --codec a"), "av1");
    EXPECT_EQ(complete("daedalusctl status --format n"), "nagios");
    EXPECT_EQ(complete("daedalusctl completion f"), "fish");
    EXPECT_EQ(complete("daedalusctl status --js"), "--json");
    EXPECT_EQ(complete("daedalusctl --roo"), "") << "hidden";
}

// The scripts in the source tree are what the program prints; DAEDALUS_UPDATE_GOLDEN=1 makes them so.
TEST(InstalledCompletions, AreUpToDate) {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const std::string file = std::string(COMPLETION_DIRECTORY) + "/daedalusctl." + shell;
        if (std::getenv("DAEDALUS_UPDATE_GOLDEN") != nullptr)
            std::ofstream(file) << script(shell);
        std::ifstream stream(file);
        const std::string installed{std::istreambuf_iterator<char>(stream), {}};
        EXPECT_EQ(installed, script(shell)) << file;
    }
}

TEST(OtherCompletions, NameEveryCommand) {
    for (const char* shell : {"zsh", "fish"}) {
        const std::string text = script(shell);
        for (const char* command : {"status", "sessions", "jobs", "stats", "watch", "reset", "doctor",
                                    "metrics", "version", "log", "completion"})
            EXPECT_NE(text.find(command), std::string::npos) << shell << " " << command;
        EXPECT_NE(text.find("vp9"), std::string::npos) << shell;
        EXPECT_EQ(text.find("--root"), std::string::npos) << shell;
    }
}

// Where the shells are installed, they at least read their scripts.
TEST(OtherCompletions, ParseInTheirShells) {
    unsigned tried = 0;
    for (const char* shell : {"zsh", "fish"}) {
        if (std::system((std::string("command -v ") + shell + " >/dev/null").c_str()) != 0)
            continue;
        const std::string file =
            testing::TempDir() + "/daedalusctl-completion-" + std::to_string(getpid()) + "." + shell;
        std::ofstream(file) << script(shell);
        EXPECT_EQ(std::system((std::string(shell) + " -n " + file).c_str()), 0) << shell;
        ++tried;
    }
    if (tried == 0)
        GTEST_SKIP() << "neither zsh nor fish is installed";
}

} // namespace
} // namespace daedalus::test
