// SPDX-License-Identifier: BSD-2-Clause
// Every command in every state of the system, word by word. After a change that is meant, run with
// DAEDALUS_UPDATE_GOLDEN=1 and read the difference.
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/fake_journal.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

namespace daedalus::test {
namespace {

struct State {
    const char* name;
    WorldOptions world;
    std::optional<Behavior> daemon; ///< none: nobody listens
    bool bad_session = false;
    unsigned restarts = 0;
    int status;  ///< exit status of `status`
    int version; ///< of `version`
    int doctor;  ///< of `doctor`
    int others;  ///< of commands that need the daemon
};

std::vector<State> states() {
    return {
        {.name = "healthy",
         .world = {},
         .daemon = Behavior::answers,
         .status = 0,
         .version = 0,
         .doctor = 0,
         .others = 0},
        {.name = "degraded",
         .world = {.newer_kernel = true},
         .daemon = Behavior::answers,
         .bad_session = true,
         .restarts = 2,
         .status = 1,
         .version = 0,
         .doctor = 2,
         .others = 0},
        {.name = "dead",
         .world = {.daemon_attached = false, .service_runs = false},
         .daemon = {},
         .status = 2,
         .version = 2,
         .doctor = 2,
         .others = 2},
        {.name = "hung",
         .world = {},
         .daemon = Behavior::hangs,
         .status = 2,
         .version = 2,
         .doctor = 2,
         .others = 2},
        {.name = "mismatch",
         .world = {.module_proto = 7, .daemon_attached = false, .service_runs = false},
         .daemon = {},
         .status = 2,
         .version = 2,
         .doctor = 2,
         .others = 2},
        {.name = "no_module",
         .world = {.module_loaded = false, .module_built = false, .headers = false, .service_runs = false},
         .daemon = {},
         .status = 2,
         .version = 2,
         .doctor = 2,
         .others = 2},
    };
}

struct CommandLine {
    const char* file;
    std::vector<std::string> arguments;
};

std::vector<CommandLine> command_lines() {
    return {
        {"status.txt", {"status"}},
        {"status.json", {"status", "--json"}},
        {"status.nagios", {"status", "--format=nagios"}},
        {"sessions.txt", {"sessions"}},
        {"sessions.json", {"sessions", "--json"}},
        {"jobs.txt", {"jobs"}},
        {"jobs.json", {"jobs", "--json"}},
        {"stats.txt", {"stats"}},
        {"stats.json", {"stats", "--json"}},
        {"watch.txt", {"watch", "--count", "2"}},
        {"watch.json", {"watch", "--count", "1", "--json"}},
        {"metrics.prom", {"metrics"}},
        {"metrics.json", {"metrics", "--json"}},
        {"version.txt", {"version"}},
        {"version.json", {"version", "--json"}},
        {"doctor.txt", {"doctor"}},
        {"doctor.json", {"doctor", "--json"}},
        {"log.txt", {"log"}},
        {"log.json", {"log", "--json"}},
        {"reset-stats.txt", {"reset", "stats"}},
        {"reset-stats.json", {"reset", "stats", "--json"}},
        {"reset-session.txt", {"reset", "session", "3"}},
        {"reset-session.json", {"reset", "session", "3", "--json"}},
        {"reset-job.txt", {"reset", "job", "0x100000007"}},
        {"reset-job.json", {"reset", "job", "0x100000007", "--json"}},
        {"reset-all.txt", {"reset", "all", "--yes"}},
        {"reset-all.json", {"reset", "all", "--yes", "--json"}},
    };
}

int expected_status(const State& state, const CommandLine& line) {
    const std::string& command = line.arguments[0];
    if (command == "status")
        return state.status;
    if (command == "version")
        return state.version;
    if (command == "doctor")
        return state.doctor;
    if (command == "log" || (command == "metrics" && line.arguments.size() == 1))
        return 0;
    return state.others;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

class GoldenTest : public testing::TestWithParam<State> {};

TEST_P(GoldenTest, EveryCommandSaysWhatItSaid) {
    const State& state = GetParam();
    const FakeWorld world(state.world);
    const FakeJournal journal(world);
    std::unique_ptr<FakeDaemon> daemon;
    if (state.daemon)
        daemon = std::make_unique<FakeDaemon>(*state.daemon, world.root() / "sys");
    if (daemon) {
        daemon->provider_.health_.module_version = "0.1.0";
        daemon->provider_.health_.module_proto_version = DAEDALUS_PROTO_VERSION;
        daemon->provider_.health_.max_sessions = 64;
        daemon->provider_.health_.state_age_us = 7'380'000'000;
        daemon->provider_.health_.libraries[1].version = "1.5.1";
        daemon->provider_.health_.restarts = state.restarts;
        daemon->provider_.health_.watchdog_timeout_us = 10'000'000;
        daemon->provider_.health_.watchdog_age_us = 1'250'000;
    }
    if (state.bad_session)
        daemon->provider_.sessions_[0].state = control::SessionState::broken;
    const std::string socket = daemon ? daemon->socket() : "/nonexistent/nobody";
    const bool update = std::getenv("DAEDALUS_UPDATE_GOLDEN") != nullptr;

    for (const CommandLine& line : command_lines()) {
        std::vector<std::string> arguments = line.arguments;
        if (state.daemon == Behavior::hangs)
            arguments.insert(arguments.end(), {"--timeout", "50"});
        const auto began = std::chrono::steady_clock::now();
        const Outcome run = run_ctl(world.root(), socket, arguments);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2)) << line.file;
        EXPECT_EQ(run.status, expected_status(state, line)) << state.name << " " << line.file << run.err;
        EXPECT_EQ(run.err, "") << line.file;

        const std::string said = replace_all(run.out, socket, "/run/daedalus/control");
        const std::filesystem::path file = std::filesystem::path(GOLDEN_DIRECTORY) / state.name / line.file;
        if (update) {
            std::filesystem::create_directories(file.parent_path());
            std::ofstream(file) << said;
            continue;
        }
        std::ifstream stream(file);
        ASSERT_TRUE(stream) << file;
        std::ostringstream golden;
        golden << stream.rdbuf();
        EXPECT_EQ(said, golden.str()) << state.name << " " << line.file;
    }
}

INSTANTIATE_TEST_SUITE_P(States, GoldenTest, testing::ValuesIn(states()),
                         [](const auto& info) { return std::string(info.param.name); });

// Text that is not asked to be wide fits a terminal of 80 columns.
TEST_P(GoldenTest, TextFitsEightyColumns) {
    for (const char* file : {"status.txt", "sessions.txt", "jobs.txt", "stats.txt", "reset-all.txt"}) {
        std::ifstream stream(std::filesystem::path(GOLDEN_DIRECTORY) / GetParam().name / file);
        for (std::string line; std::getline(stream, line);)
            EXPECT_LE(line.size(), 80U) << GetParam().name << " " << file << ": " << line;
    }
}

// Every JSON document carries its schema's version.
TEST_P(GoldenTest, JsonHasASchemaVersion) {
    for (const CommandLine& line : command_lines()) {
        if (!std::string_view(line.file).ends_with(".json"))
            continue;
        std::ifstream stream(std::filesystem::path(GOLDEN_DIRECTORY) / GetParam().name / line.file);
        // The journal's entries are an object a line, as the journal names its fields.
        const bool lines = line.arguments[0] == "log";
        std::string first;
        if (lines)
            std::getline(stream, first);
        const auto document = lines ? nlohmann::json::parse(first) : nlohmann::json::parse(stream);
        EXPECT_EQ(document["schema_version"], 1) << line.file;
        if (!lines) {
            EXPECT_EQ(document["command"], line.arguments[0]) << line.file;
        }
    }
}

} // namespace
} // namespace daedalus::test
