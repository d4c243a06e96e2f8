// SPDX-License-Identifier: BSD-2-Clause
// What counts as healthy.
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace daedalus::test {
namespace {

/// Runs status with a daemon that `change` has changed; returns the member "status".
nlohmann::json judge(const std::function<void(FakeProvider&)>& change, const WorldOptions& options = {},
                     const std::function<void(const FakeWorld&)>& change_world = {}) {
    const FakeWorld world(options);
    FakeDaemon daemon(Behavior::answers, world.root() / "sys");
    change(daemon.provider_);
    if (change_world)
        change_world(world);
    const Outcome run = run_ctl(world.root(), daemon.socket(), {"status", "--json"});
    auto status = nlohmann::json::parse(run.out)["status"];
    EXPECT_EQ(status["exit_code"], run.status);
    return status;
}

TEST(Verdict, HealthyHasNothingToSay) {
    const auto status = judge([](FakeProvider&) {});
    EXPECT_EQ(status["state"], "healthy");
    EXPECT_EQ(status["reason"], nullptr);
    EXPECT_EQ(status["remedy"], nullptr);
}

TEST(Verdict, DaemonStates) {
    const std::initializer_list<std::pair<control::DaemonState, const char*>> cases = {
        {control::DaemonState::starting, "degraded"},
        {control::DaemonState::no_module, "critical"},
        {control::DaemonState::refused, "critical"},
        {control::DaemonState::failed, "critical"},
    };
    for (const auto& [state, word] : cases) {
        const auto status = judge([wanted = state](FakeProvider& provider) {
            provider.health_.state = wanted;
            provider.health_.state_reason = "because";
        });
        EXPECT_EQ(status["state"], word);
        EXPECT_NE(status["reason"].get<std::string>().find("because"), std::string::npos);
        EXPECT_NE(status["remedy"], nullptr);
    }
}

TEST(Verdict, StuckSession) {
    const auto status =
        judge([](FakeProvider& provider) { provider.sessions_[0].worker.since_progress_us = 3'000'000; });
    EXPECT_EQ(status["state"], "degraded");
    EXPECT_EQ(status["remedy"], "sudo daedalusctl reset session 3");
    // With nothing to do, no progress is no fault.
    EXPECT_EQ(judge([](FakeProvider& provider) {
                  provider.sessions_[0].worker.since_progress_us = 3'000'000;
                  provider.sessions_[0].worker.queue_depth = 0;
              })["state"],
              "healthy");
}

/// It holds pictures that nobody asks for. Of workers that hang the daemon takes care.
TEST(Verdict, PausedPlayer) {
    EXPECT_EQ(judge([](FakeProvider& provider) {
                  provider.sessions_[0].kind = DAEDALUS_SESSION_STATEFUL;
                  provider.sessions_[0].worker.since_progress_us = 60'000'000;
              })["state"],
              "healthy");
}

TEST(Verdict, ManyErrors) {
    EXPECT_EQ(judge([](FakeProvider& provider) {
                  provider.sessions_[0].totals.statuses[DAEDALUS_STATUS_BAD_STREAM] = 30;
              })["state"],
              "degraded");
}

TEST(Verdict, NobodyAttached) {
    EXPECT_EQ(judge([](FakeProvider&) {}, {.daemon_attached = false})["state"], "degraded");
}

/// The module knows of a daemon, for its control fd is kept, and nobody listens yet.
TEST(Verdict, DaemonIsBeingRestarted) {
    const FakeWorld world({});
    std::optional<FakeDaemon> daemon(std::in_place, Behavior::answers, world.root() / "sys");
    const std::string socket = daemon->socket();
    daemon.reset();
    const Outcome run = run_ctl(world.root(), socket, {"status"});
    EXPECT_EQ(run.status, 1) << run.out;
    EXPECT_NE(run.out.find("is being restarted"), std::string::npos) << run.out;

    std::thread starts([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        daemon.emplace(Behavior::answers, world.root() / "sys");
    });
    const Outcome after = run_ctl(world.root(), socket, {"status"});
    starts.join();
    EXPECT_EQ(after.status, 0) << after.out;
}

TEST(Verdict, ClientsAreRefusedAtTheLimit) {
    const auto at_most = [](std::uint32_t sessions) {
        return [=](FakeProvider& provider) { provider.health_.max_sessions = sessions; };
    };
    EXPECT_EQ(judge(at_most(2))["state"], "degraded");
    EXPECT_EQ(judge(at_most(3))["state"], "healthy");
}

TEST(Verdict, MissingNodes) {
    for (const char* node : {"/dev/video10", "/dev/video11", "/dev/media3"}) {
        const auto status =
            judge([](FakeProvider&) {}, {}, [node](const FakeWorld& world) { world.remove(node); });
        EXPECT_EQ(status["state"], "critical");
        EXPECT_NE(status["reason"].get<std::string>().find(node), std::string::npos);
    }
}

TEST(Verdict, EitherVideoNodeMayBeTurnedOff) {
    const std::string nodes = "/sys/devices/platform/daedalus_v4l2/video4linux/";
    const auto without = [&](const std::vector<const char*>& removed) {
        return judge([](FakeProvider&) {}, {},
                     [&](const FakeWorld& world) {
                         for (const char* name : removed)
                             world.remove(nodes + name);
                         if (removed.back() == std::string("video11"))
                             world.remove("/sys/devices/platform/daedalus_v4l2/media3");
                     })["state"];
    };
    EXPECT_EQ(without({"video10"}), "healthy");
    EXPECT_EQ(without({"video11"}), "healthy");
    EXPECT_EQ(without({"video10", "video11"}), "critical");
}

TEST(Verdict, DoctorMissesNothingOfANodeThatIsTurnedOff) {
    const FakeWorld world({});
    const FakeDaemon daemon(Behavior::answers, world.root() / "sys");
    for (const char* gone : {"/sys/devices/platform/daedalus_v4l2/video4linux/video11",
                             "/sys/devices/platform/daedalus_v4l2/media3"})
        world.remove(gone);
    const Outcome doctor = run_ctl(world.root(), daemon.socket(), {"doctor"});
    EXPECT_NE(doctor.out.find(" 0 failed"), std::string::npos) << doctor.out;
}

TEST(Verdict, TheOtherOwnerOfNumberTenIsNamed) {
    const FakeWorld world({});
    const FakeDaemon daemon(Behavior::answers, world.root() / "sys");
    world.write("/sys/devices/platform/daedalus_v4l2/stateful_device", "video12\n");
    world.remove("/sys/devices/platform/daedalus_v4l2/video4linux/video10");
    world.write("/sys/devices/platform/daedalus_v4l2/video4linux/video12/name", "\n");
    world.write("/dev/video12", "");
    world.write("/sys/class/video4linux/video10/name", "uvcvideo\n");
    const Outcome status = run_ctl(world.root(), daemon.socket(), {"status"});
    EXPECT_NE(status.out.find("/dev/video12 (number 10 is uvcvideo's)"), std::string::npos) << status.out;
    const Outcome doctor = run_ctl(world.root(), daemon.socket(), {"doctor"});
    EXPECT_NE(doctor.out.find("which uvcvideo has"), std::string::npos) << doctor.out;
}

TEST(Verdict, NextKernelWithoutModule) {
    const auto status = judge([](FakeProvider&) {}, {.newer_kernel = true});
    EXPECT_EQ(status["state"], "degraded");
    EXPECT_EQ(status["remedy"], "sudo apt install linux-headers-rpi-2712");
}

TEST(Verdict, ProtocolMismatchWithALivingDaemon) {
    const auto status = judge([](FakeProvider&) {}, {.module_proto = 7});
    EXPECT_EQ(status["state"], "critical");
    const auto reason = status["reason"].get<std::string>();
    EXPECT_NE(reason.find("protocol 7"), std::string::npos);
    EXPECT_NE(reason.find("speaks " + std::to_string(DAEDALUS_PROTO_VERSION)), std::string::npos);
}

TEST(Verdict, MissingModuleTellsTheNextStep) {
    const auto remedy = [](const WorldOptions& options) {
        const FakeWorld world(options);
        const Outcome run = run_ctl(world.root(), "/nonexistent", {"status", "--json"});
        return nlohmann::json::parse(run.out)["status"]["remedy"].get<std::string>();
    };
    EXPECT_EQ(remedy({.module_loaded = false}), "sudo modprobe daedalus_v4l2");
    EXPECT_EQ(remedy({.module_loaded = false, .module_built = false}),
              "sudo dkms autoinstall -k 6.12.25+rpt-rpi-2712");
    EXPECT_EQ(remedy({.module_loaded = false, .module_built = false, .headers = false}),
              "sudo apt install linux-headers-rpi-2712");
}

} // namespace
} // namespace daedalus::test
