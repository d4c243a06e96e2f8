// SPDX-License-Identifier: BSD-2-Clause
#include "model/world.h"

#include "model/fields.h"

#include <chrono>
#include <thread>
#include <utility>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

const char* name(Problem problem) {
    switch (problem) {
    case Problem::not_running:
        return "not_running";
    case Problem::hung:
        return "hung";
    case Problem::denied:
        return "denied";
    case Problem::disconnected:
        return "disconnected";
    case Problem::garbage:
        return "garbage";
    case Problem::error:
        break;
    }
    return "error";
}

/// Moves a member out of a reply; `otherwise` where there is none of that type.
json take(json& reply, const char* name, json otherwise) {
    const auto found = reply.find(name);
    if (found == reply.end() || found->type() != otherwise.type())
        return otherwise;
    return std::move(*found);
}

/// Between one daemon and the next nobody listens for a moment.
CallResult<VarlinkClient> connect(const Environment& environment, VarlinkClient::Clock::time_point deadline) {
    constexpr std::chrono::milliseconds pause{20};
    for (;;) {
        auto client = VarlinkClient::connect(environment.socket, deadline);
        if (client || !is_restarting(client.error(), statistics::read_module(environment.at("/sys"))) ||
            VarlinkClient::Clock::now() + pause >= deadline)
            return client;
        std::this_thread::sleep_for(pause);
    }
}

} // namespace

Daemon::Daemon(const Environment& environment)
    : deadline_(VarlinkClient::Clock::now() + environment.timeout), client_(connect(environment, deadline_)) {
}

bool is_restarting(const CallFailure& failure, const statistics::ModuleState& module) {
    return failure.problem == Problem::not_running && module.daemon_attached == true;
}

CallResult<json> Daemon::call(const std::string& method, const json& parameters) {
    if (!client_)
        return std::unexpected(client_.error());
    auto reply = client_->call("org.daedalus.v4l2." + method, parameters, deadline_);
    if (!reply && unreachable(reply.error()))
        client_ = std::unexpected(reply.error());
    return reply;
}

CallResult<VarlinkClient> Daemon::stream(const std::string& method, const json& parameters) {
    if (!client_)
        return std::unexpected(client_.error());
    if (auto begun = client_->begin_stream("org.daedalus.v4l2." + method, parameters, deadline_); !begun)
        return std::unexpected(begun.error());
    return std::move(*client_);
}

World look_around(const Environment& environment) {
    World world;
    Daemon daemon(environment);
    auto health = daemon.call("GetHealth");
    auto sessions = health ? daemon.call("GetSessions") : health;
    if (!sessions)
        world.failure = sessions.error();
    else {
        world.health = take(*health, "health", json::object());
        world.sessions = take(*sessions, "sessions", json::array());
    }
    world.module = statistics::read_module(environment.at("/sys"));
    world.kernels = find_kernels(environment);
    world.devices = find_devices(environment);
    return world;
}

bool unreachable(const CallFailure& failure) {
    return failure.problem != Problem::error;
}

json encode_reachability(const std::optional<CallFailure>& failure) {
    if (!failure)
        return {{"reachable", true}, {"problem", nullptr}, {"detail", nullptr}};
    return {{"reachable", !unreachable(*failure)},
            {"problem", name(failure->problem)},
            {"detail", failure->message}};
}

} // namespace daedalus::ctl
