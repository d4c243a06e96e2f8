// SPDX-License-Identifier: BSD-2-Clause
#include "model/verdict.h"

#include "model/fields.h"

#include "daedalus/protocol.h"

#include <algorithm>
#include <optional>

namespace daedalus::ctl {
namespace {

constexpr std::uint64_t stuck_after_us = 2'000'000;
/// A session is bad when a tenth of what it got was not a clean picture, once there is enough to tell.
constexpr std::uint64_t bad_share = 10;
constexpr std::uint64_t enough_frames = 30;

const char reload_module[] = "sudo modprobe -r daedalus_v4l2 && sudo modprobe daedalus_v4l2 && "
                             "sudo systemctl restart daedalusd, or reboot";

Verdict critical(std::string reason, std::string remedy) {
    return {.code = exit_critical, .reason = std::move(reason), .remedy = std::move(remedy)};
}

Verdict degraded(std::string reason, std::string remedy) {
    return {.code = exit_degraded, .reason = std::move(reason), .remedy = std::move(remedy)};
}

Verdict judge_missing_module(const std::vector<Kernel>& kernels) {
    const auto running = std::ranges::find(kernels, true, &Kernel::running);
    const std::string reason = "the kernel module daedalus_v4l2 is not loaded";
    if (running == kernels.end() || running->module_built)
        return critical(reason, "sudo modprobe daedalus_v4l2");
    if (!running->headers)
        return critical(reason +
                            ": it could not be built, as the headers of the running kernel are not installed",
                        kernel_remedy(*running));
    return critical(reason + ": it has not been built for the running kernel", kernel_remedy(*running));
}

std::optional<Verdict> judge_protocol(const statistics::ModuleState& module,
                                      std::optional<std::uint64_t> daemon) {
    const std::uint64_t ours = DAEDALUS_PROTO_VERSION;
    if (!module.proto_version)
        return std::nullopt;
    const std::string module_text = "the loaded module " + module.version.value_or("") + " speaks protocol " +
                                    std::to_string(*module.proto_version);
    if (daemon && *daemon != *module.proto_version)
        return critical(module_text + ", daedalusd speaks " + std::to_string(*daemon), reload_module);
    if (!daemon && ours != *module.proto_version)
        return critical(module_text + ", what is installed speaks " + std::to_string(ours), reload_module);
    return std::nullopt;
}

std::optional<Verdict> judge_daemon_state(const Fields& health) {
    const std::string state = health.text("state").value_or("");
    const std::string why = health.text("state_reason").value_or("");
    const std::string suffix = why.empty() ? "" : ": " + why;
    if (state == "serving")
        return std::nullopt;
    if (state == "starting")
        return degraded("daedalusd is starting" + suffix, "wait a moment");
    if (state == "refused")
        return critical("the module refused daedalusd" + suffix, reload_module);
    if (state == "no_module")
        return critical("daedalusd finds no module" + suffix, "sudo modprobe daedalus_v4l2");
    return critical("daedalusd cannot serve" + suffix, "journalctl -u daedalusd tells more");
}

std::string client_of(const Fields& session) {
    return "session " + std::to_string(session.number("id").value_or(0)) + " (" +
           session.text("client_comm").value_or("?") + ")";
}

std::optional<Verdict> judge_session(const Fields& session) {
    if (session.text("state") == "broken")
        return degraded(client_of(session) + " keeps killing its workers and gets errors only",
                        "daedalusctl log tells what killed them");
    // A stateful session holds pictures for as long as its player is paused.
    if (session.text("api") != "stateful" && session.number("queue_depth").value_or(0) > 0 &&
        session.number("since_progress_us").value_or(0) > stuck_after_us)
        return degraded(client_of(session) + " has made no progress for over 2 s",
                        "sudo daedalusctl reset session " + std::to_string(session.number("id").value_or(0)));
    const Fields counters = session.object("counters");
    const std::uint64_t frames = counters.number("frames").value_or(0);
    const std::uint64_t errors = counters.number("errors").value_or(0);
    const std::uint64_t bad = errors + counters.number("concealed").value_or(0);
    if (frames + errors >= enough_frames && bad >= (frames + errors) / bad_share)
        return degraded(client_of(session) + " got " + std::to_string(bad) + " errors in " +
                            std::to_string(frames + errors) + " frames",
                        "daedalusctl log tells more; a damaged stream does this too");
    return std::nullopt;
}

/// Either video node can be turned off by a parameter of the module, not both.
std::optional<Verdict> judge_devices(const World& world) {
    const auto has = [&](const char* purpose) {
        return std::ranges::find(world.devices, purpose, &DeviceNode::purpose) != world.devices.end();
    };
    if (!has("video") && !has("stateful"))
        return critical("the module has no video device", "sudo dmesg | grep daedalus");
    if (has("video") && !has("media"))
        return critical("the module has no media device", "sudo dmesg | grep daedalus");
    for (const DeviceNode& node : world.devices)
        if (node.purpose != "daemon" && !node.exists)
            return critical(node.path + " does not exist",
                            std::string("sudo udevadm trigger --subsystem-match=") +
                                (node.purpose == "media" ? "media" : "video4linux"));
    return std::nullopt;
}

std::optional<Verdict> judge_next_kernel(const std::vector<Kernel>& kernels) {
    for (const Kernel& kernel : kernels)
        if (!kernel.running && kernel.newest && !kernel.module_built)
            return degraded(
                "video decoding will be gone after the reboot into " + kernel.release + ": " +
                    (kernel.headers ? "the module is not built for it" : "its headers are missing"),
                kernel_remedy(kernel));
    return std::nullopt;
}

} // namespace

const char* health_word(ExitCode code) {
    switch (code) {
    case exit_healthy:
        return "healthy";
    case exit_degraded:
        return "degraded";
    case exit_critical:
        return "critical";
    case exit_unknown:
        break;
    }
    return "unknown";
}

Verdict judge_failure(const CallFailure& failure, const statistics::ModuleState& module,
                      const std::vector<Kernel>& kernels) {
    if (!module.loaded)
        return judge_missing_module(kernels);
    if (auto mismatch = judge_protocol(module, std::nullopt))
        return *mismatch;
    if (is_restarting(failure, module))
        return degraded("daedalusd is being restarted, and who plays goes on; or it has no control socket: " +
                            failure.message,
                        "wait a moment; if it stays so: journalctl -u daedalusd");
    switch (failure.problem) {
    case Problem::denied:
        return {.code = exit_unknown,
                .reason = failure.message,
                .remedy = "run it as root, or sudo adduser \"$USER\" video and log in again"};
    case Problem::hung:
        return critical(failure.message, "sudo systemctl restart daedalusd");
    case Problem::not_running:
        return critical("daedalusd is not running: " + failure.message, "sudo systemctl start daedalusd");
    default:
        return critical(failure.message, "sudo systemctl restart daedalusd");
    }
}

Verdict judge(const World& world) {
    if (world.failure)
        return judge_failure(*world.failure, world.module, world.kernels);
    const Fields health(world.health);
    if (auto mismatch = judge_protocol(world.module, health.number("proto_version")))
        return *mismatch;
    if (!world.module.loaded)
        return judge_missing_module(world.kernels);
    const auto state = judge_daemon_state(health);
    if (state && state->code == exit_critical)
        return *state;
    if (auto devices = judge_devices(world))
        return *devices;
    if (state)
        return *state;
    if (world.module.daemon_attached == false)
        return degraded("daedalusd says that it serves, the module that no daemon is attached",
                        "sudo systemctl restart daedalusd if it stays so");
    for (const auto& session : world.sessions)
        if (auto bad = judge_session(Fields(session)))
            return *bad;
    if (const auto limit = health.number("max_sessions").value_or(0);
        limit > 0 && health.number("sessions").value_or(0) >= limit)
        return degraded("the limit of " + std::to_string(limit) +
                            " sessions is reached: further clients are refused",
                        "raise MaxSessions in /etc/daedalus-v4l2.conf, or close a player");
    if (auto next = judge_next_kernel(world.kernels))
        return *next;
    return {};
}

} // namespace daedalus::ctl
