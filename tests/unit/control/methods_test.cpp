// SPDX-License-Identifier: BSD-2-Clause
// Every method's answer against the interface description, and every way to be refused.
#include "control/interface_text.h"
#include "control/methods.h"
#include "unit/control/fake_provider.h"
#include "unit/control/idl.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <unistd.h>

namespace daedalus::control {
namespace {

using nlohmann::json;

class MethodsTest : public testing::Test {
  protected:
    MethodsTest() {
        sysfs_ =
            std::filesystem::path(testing::TempDir()) / ("daedalus-methods-test-" + std::to_string(getpid()));
        const auto device = sysfs_ / "devices/platform/daedalus_v4l2";
        std::filesystem::create_directories(device / "counters");
        std::ofstream(device / "proto_version") << "1\n";
        std::ofstream(device / "version") << "0.1.0\n";
        std::ofstream(device / "daemon_attached") << "1\n";
        std::ofstream(device / "jobs_in_flight") << "3\n";
        std::ofstream(device / "counters/jobs_dispatched") << "77\n";
        std::ofstream(device / "counters/strange") << "no number\n";
    }
    ~MethodsTest() override { std::filesystem::remove_all(sysfs_); }

    Answer call(const std::string& method, const json& parameters = json::object(),
                Access access = Access::change) {
        Answer answer = methods_.call(
            {.method = "org.daedalus.v4l2." + method, .parameters = parameters, .more = more_}, access);
        // Whatever is answered is what the description says.
        if (answer.error.empty()) {
            EXPECT_EQ(test::mismatch(interface_, interface_.methods.at(method).out, answer.parameters), "");
        } else if (answer.error.starts_with("org.daedalus.v4l2.")) {
            const std::string error = answer.error.substr(std::string("org.daedalus.v4l2.").size());
            EXPECT_EQ(test::mismatch(interface_, interface_.errors.at(error), answer.parameters), "");
        }
        return answer;
    }

    std::filesystem::path sysfs_;
    test::FakeProvider provider_;
    Methods methods_{provider_, std::filesystem::path(testing::TempDir()) /
                                    ("daedalus-methods-test-" + std::to_string(getpid()))};
    test::IdlInterface interface_ = test::parse_idl(interface_text);
    bool more_ = false;
};

TEST_F(MethodsTest, GetHealth) {
    for (const auto& [state, text] :
         std::initializer_list<std::pair<DaemonState, const char*>>{{DaemonState::starting, "starting"},
                                                                    {DaemonState::serving, "serving"},
                                                                    {DaemonState::no_module, "no_module"},
                                                                    {DaemonState::refused, "refused"},
                                                                    {DaemonState::failed, "failed"}}) {
        provider_.health_.state = state;
        EXPECT_EQ(call("GetHealth").parameters["health"]["state"], text);
    }
    const json health = call("GetHealth").parameters["health"];
    EXPECT_EQ(health["codecs"], (json{"h264", "av1"}));
    EXPECT_EQ(health["sessions"], 2);
    EXPECT_EQ(health["module_version"], nullptr);
    EXPECT_EQ(health["libraries"][1]["version"], nullptr);
}

TEST_F(MethodsTest, GetSessions) {
    const json sessions = call("GetSessions").parameters["sessions"];
    ASSERT_EQ(sessions.size(), 2U);
    EXPECT_EQ(sessions[0]["id"], 3);
    EXPECT_EQ(sessions[0]["api"], "stateless");
    EXPECT_EQ(sessions[0]["pixel_format"], "NV12");
    EXPECT_EQ(sessions[0]["frames_per_second_mean"], 20.0);
    EXPECT_EQ(sessions[0]["counters"]["errors"], 1);
    EXPECT_EQ(sessions[0]["counters"]["concealed"], 2);
    EXPECT_EQ(sessions[0]["counters"]["decode_time"]["count"], 100);
    EXPECT_EQ(sessions[0]["counters"]["decode_time"]["max_us"], 1990);
    EXPECT_EQ(sessions[1]["api"], "stateful");
    EXPECT_EQ(sessions[1]["state"], "waiting");
    EXPECT_EQ(sessions[1]["worker_pid"], nullptr);
    EXPECT_EQ(sessions[1]["width"], nullptr);
    EXPECT_EQ(call("GetSessions", {{"codec", "vp9"}}).parameters["sessions"].size(), 1U);
    EXPECT_EQ(call("GetSessions", {{"codec", "av1"}}).parameters["sessions"].size(), 0U);
}

TEST_F(MethodsTest, SaysOnlyPrintableThingsAboutAClient) {
    provider_.sessions_[0].client_comm = "\x1b[31mevil\xff\n";
    const auto comm = call("GetSessions").parameters["sessions"][0]["client_comm"].get<std::string>();
    EXPECT_EQ(comm.find('\x1b'), std::string::npos);
    EXPECT_EQ(comm.find('\n'), std::string::npos);
}

TEST_F(MethodsTest, NumbersStayInVarlinksRange) {
    auto& session = provider_.sessions_[0];
    session.totals.frames = std::numeric_limits<std::uint64_t>::max();
    session.totals.decode_time.add_bucket(5, std::numeric_limits<std::uint64_t>::max());
    session.worker.jobs[0].cookie = std::numeric_limits<std::uint64_t>::max();
    const auto largest = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(call("GetSessions").parameters["sessions"][0]["counters"]["frames"], largest);
    EXPECT_EQ(call("GetJobs").parameters["jobs"][0]["cookie"], largest);
}

TEST_F(MethodsTest, GetJobs) {
    const json all = call("GetJobs").parameters;
    ASSERT_EQ(all["jobs"].size(), 2U);
    EXPECT_EQ(all["jobs"][0]["state"], "decoding");
    EXPECT_EQ(all["jobs"][0]["session"], 3);
    EXPECT_EQ(all["kernel_jobs_in_flight"], 3);
    EXPECT_EQ(call("GetJobs", {{"session", 5}}).parameters["jobs"].size(), 0U);
    EXPECT_EQ(call("GetJobs", {{"session", 4}}).error, "org.daedalus.v4l2.NoSuchSession");
}

TEST_F(MethodsTest, GetStatsAddsEndedAndLiveSessions) {
    const json stats = call("GetStats").parameters;
    ASSERT_EQ(stats["codecs"].size(), 2U);
    EXPECT_EQ(stats["codecs"][0]["codec"], "h264");
    EXPECT_EQ(stats["codecs"][0]["counters"]["frames"], 1100);
    EXPECT_EQ(stats["codecs"][0]["sessions"], 2);
    EXPECT_EQ(stats["codecs"][0]["sessions_active"], 1);
    EXPECT_EQ(stats["kernel"]["counters"], (json{{"jobs_dispatched", 77}}));
    EXPECT_EQ(stats["kernel"]["daemon_attached"], true);
    EXPECT_EQ(stats["kernel"]["sessions"], nullptr);
    EXPECT_EQ(call("GetStats", {{"codec", "av1"}}).parameters["codecs"][0]["counters"]["frames"], 0);
}

TEST_F(MethodsTest, MonitorStreamsOnlyWhenAsked) {
    EXPECT_FALSE(call("Monitor").repeat_ms);
    more_ = true;
    EXPECT_EQ(call("Monitor").repeat_ms, 1000U);
    EXPECT_EQ(call("Monitor", {{"interval_ms", 100}}).repeat_ms, 100U);
    for (const json& interval : {json(99), json(60001), json(-1), json(1e18), json("1"), json(500.5)})
        EXPECT_EQ(call("Monitor", {{"interval_ms", interval}}).error, "org.varlink.service.InvalidParameter")
            << interval;
}

TEST_F(MethodsTest, ChangesAreForRoot) {
    for (const char* method : {"ResetStats", "CancelJob", "CancelSession", "CancelAll"})
        for (const Access access : {Access::none, Access::read})
            EXPECT_EQ(call(method, {{"session", 3}, {"cookie", 1}}, access).error,
                      "org.varlink.service.PermissionDenied");
    EXPECT_EQ(provider_.resets_, 0);
    EXPECT_TRUE(provider_.canceled_.empty());
}

TEST_F(MethodsTest, ReadsAreForReaders) {
    for (const char* method : {"GetHealth", "GetSessions", "GetJobs", "GetStats", "Monitor"}) {
        EXPECT_EQ(call(method, json::object(), Access::none).error, "org.varlink.service.PermissionDenied");
        EXPECT_EQ(call(method, json::object(), Access::read).error, "");
    }
}

TEST_F(MethodsTest, ResetStats) {
    EXPECT_EQ(call("ResetStats").error, "");
    EXPECT_EQ(provider_.resets_, 1);
}

TEST_F(MethodsTest, CancelEndsWhatItNames) {
    EXPECT_EQ(call("CancelJob", {{"session", 3}, {"cookie", 7}}).parameters["canceled"], 1);
    EXPECT_EQ(call("CancelSession", {{"session", 5}}).parameters["canceled"], 2);
    EXPECT_EQ(call("CancelAll").parameters["canceled"], 4);
    EXPECT_EQ(provider_.canceled_,
              (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 7}, {5, 0}, {3, 0}, {5, 0}}));
}

TEST_F(MethodsTest, CancelRefusesWhatIsNotThere) {
    EXPECT_EQ(call("CancelSession", {{"session", 4}}).error, "org.daedalus.v4l2.NoSuchSession");
    // Cookie 0 would end all jobs of the session.
    EXPECT_EQ(call("CancelJob", {{"session", 3}, {"cookie", 0}}).error,
              "org.varlink.service.InvalidParameter");
    EXPECT_EQ(call("CancelJob", {{"session", 3}}).error, "org.varlink.service.InvalidParameter");
    EXPECT_EQ(call("CancelSession").error, "org.varlink.service.InvalidParameter");
    EXPECT_TRUE(provider_.canceled_.empty());
    provider_.cancel_errno_ = ENOENT;
    EXPECT_EQ(call("CancelJob", {{"session", 3}, {"cookie", 7}}).error, "org.daedalus.v4l2.NoSuchJob");
    EXPECT_EQ(call("CancelSession", {{"session", 3}}).parameters["canceled"], 0);
    EXPECT_EQ(call("CancelAll").parameters["canceled"], 0);
    provider_.cancel_errno_ = EIO;
    EXPECT_EQ(call("CancelSession", {{"session", 3}}).error, "org.daedalus.v4l2.Failed");
    EXPECT_EQ(call("CancelAll").error, "org.daedalus.v4l2.Failed");
}

TEST_F(MethodsTest, RefusesUnknownParameters) {
    for (const auto& [method, definition] : interface_.methods) {
        const Answer answer = call(method, {{"session", 3}, {"cookie", 1}, {"surprise", 1}});
        EXPECT_EQ(answer.error, "org.varlink.service.InvalidParameter") << method;
    }
    EXPECT_EQ(call("GetSessions", {{"codec", "theora"}}).parameters["parameter"], "codec");
    EXPECT_EQ(call("GetSessions", {{"codec", 1}}).error, "org.varlink.service.InvalidParameter");
}

TEST_F(MethodsTest, NamesWhatIsUnknown) {
    const auto raw = [this](const std::string& method) {
        return methods_.call({.method = method}, Access::change);
    };
    EXPECT_EQ(raw("org.daedalus.v4l2.Dance").error, "org.varlink.service.MethodNotFound");
    EXPECT_EQ(raw("org.varlink.service.Dance").error, "org.varlink.service.MethodNotFound");
    EXPECT_EQ(raw("org.example.Dance").error, "org.varlink.service.InterfaceNotFound");
    EXPECT_EQ(raw("Dance").error, "org.varlink.service.InterfaceNotFound");
    EXPECT_EQ(raw("").error, "org.varlink.service.InterfaceNotFound");
    EXPECT_EQ(raw("org.varlink.service.GetInterfaceDescription").error,
              "org.varlink.service.InvalidParameter");
}

// A method that is described and not served, or the other way around, is a mistake of ours.
TEST_F(MethodsTest, EveryDescribedMethodIsServed) {
    for (const auto& [method, definition] : interface_.methods)
        EXPECT_NE(call(method, {{"session", 3}, {"cookie", 1}}).error, "org.varlink.service.MethodNotFound")
            << method;
}

} // namespace
} // namespace daedalus::control
