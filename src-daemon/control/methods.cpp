// SPDX-License-Identifier: BSD-2-Clause
#include "control/methods.h"

#include "bridge/codec_names.h"
#include "control/encode.h"
#include "control/interface_text.h"
#include "control/parameters.h"

#include "daedalus/build_paths.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace daedalus::control {
namespace {

using nlohmann::json;

constexpr std::string_view service_name = "org.varlink.service";
constexpr std::string_view service_text = R"varlink(# What every Varlink service can be asked.
interface org.varlink.service

# Who made the service, and the interfaces that it has.
method GetInfo() -> (
    vendor: string,
    product: string,
    version: string,
    url: string,
    interfaces: []string
)

# The description of one interface, in the interface definition language.
method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)varlink";

constexpr std::uint64_t default_interval_ms = 1000;
constexpr std::uint64_t shortest_interval_ms = 100;
constexpr std::uint64_t longest_interval_ms = 60000;

Answer error(std::string_view name, json parameters = json::object()) {
    return {.error = std::string(name), .parameters = std::move(parameters), .repeat_ms = {}};
}

Answer reply(json parameters) {
    return {.error = {}, .parameters = std::move(parameters), .repeat_ms = {}};
}

Answer invalid(const BadParameter& bad) {
    return error("org.varlink.service.InvalidParameter", {{"parameter", bad.name}});
}

Answer get_info() {
    return reply({
        {"vendor", "daedalus-v4l2"},
        {"product", "daedalusd"},
        {"version", project_version},
        {"url", "https://varlink.org"},
        {"interfaces", {service_name, interface_name}},
    });
}

Answer get_interface_description(const json& parameters) {
    if (const auto known = only(parameters, {"interface"}); !known)
        return invalid(known.error());
    const auto given = optional_text(parameters, "interface");
    const std::string name = given ? given->value_or("") : "";
    if (name.empty())
        return invalid({"interface"});
    if (name == service_name)
        return reply({{"description", service_text}});
    if (name == interface_name)
        return reply({{"description", interface_text}});
    return error("org.varlink.service.InterfaceNotFound", {{"interface", name}});
}

json encode_sessions(const std::vector<Session>& sessions, std::optional<daedalus_codec> codec) {
    json list = json::array();
    for (const Session& session : sessions)
        if (!codec || session.codec == *codec)
            list.push_back(encode_session(session));
    return list;
}

Parameter<std::optional<daedalus_codec>> optional_codec(const json& parameters) {
    const auto text = optional_text(parameters, "codec");
    if (!text)
        return std::unexpected(text.error());
    const std::optional<std::string>& keyword = *text;
    if (!keyword)
        return std::nullopt;
    const auto codec = bridge::codec_from_keyword(*keyword);
    if (!codec)
        return std::unexpected(BadParameter{"codec"});
    return codec;
}

/// Methods that change something.
bool changes(std::string_view method) {
    return method == "ResetStats" || method == "CancelJob" || method == "CancelSession" ||
           method == "CancelAll";
}

} // namespace

Answer Methods::call(const Request& request, Access access) {
    const std::size_t dot = request.method.rfind('.');
    if (dot == std::string::npos)
        return error("org.varlink.service.InterfaceNotFound", {{"interface", request.method}});
    const auto interface = std::string_view(request.method).substr(0, dot);
    const auto method = std::string_view(request.method).substr(dot + 1);
    const json& parameters = request.parameters;
    const auto without = [&](auto&& function) {
        const auto known = only(parameters, {});
        return known ? function() : invalid(known.error());
    };

    if (interface == service_name) {
        if (method == "GetInfo")
            return without(get_info);
        if (method == "GetInterfaceDescription")
            return get_interface_description(parameters);
        return error("org.varlink.service.MethodNotFound", {{"method", request.method}});
    }
    if (interface != interface_name)
        return error("org.varlink.service.InterfaceNotFound", {{"interface", interface}});
    if (access == Access::none || (access == Access::read && changes(method)))
        return error("org.varlink.service.PermissionDenied");
    if (method == "GetHealth")
        return without([this] { return get_health(); });
    if (method == "GetSessions")
        return get_sessions(parameters);
    if (method == "GetJobs")
        return get_jobs(parameters);
    if (method == "GetStats")
        return get_stats(parameters);
    if (method == "Monitor")
        return monitor(request);
    if (method == "ResetStats")
        return without([this] { return reset_stats(); });
    if (method == "CancelJob")
        return cancel_job(parameters);
    if (method == "CancelSession")
        return cancel_session(parameters);
    if (method == "CancelAll")
        return without([this] { return cancel_all(); });
    return error("org.varlink.service.MethodNotFound", {{"method", request.method}});
}

Answer Methods::get_health() const {
    return reply({{"health", encode_health(provider_.health())}});
}

Answer Methods::get_sessions(const json& parameters) const {
    if (const auto known = only(parameters, {"codec"}); !known)
        return invalid(known.error());
    const auto codec = optional_codec(parameters);
    if (!codec)
        return invalid(codec.error());
    return reply({{"sessions", encode_sessions(provider_.sessions(), *codec)}});
}

Answer Methods::get_jobs(const json& parameters) const {
    if (const auto known = only(parameters, {"session"}); !known)
        return invalid(known.error());
    const auto given = optional_number(parameters, "session");
    if (!given)
        return invalid(given.error());
    const std::optional<std::uint64_t>& wanted = *given;
    if (wanted && !streams(*wanted))
        return error("org.daedalus.v4l2.NoSuchSession", {{"session", encode_number(*wanted)}});
    json jobs = json::array();
    for (const Session& session : provider_.sessions())
        if (!wanted || session.id == *wanted)
            for (const statistics::Job& job : session.worker.jobs)
                jobs.push_back(encode_job(session.id, job));
    const auto in_flight = statistics::read_module(sysfs_).jobs_in_flight;
    return reply({{"jobs", std::move(jobs)},
                  {"kernel_jobs_in_flight", in_flight ? encode_number(*in_flight) : json()}});
}

Answer Methods::get_stats(const json& parameters) const {
    if (const auto known = only(parameters, {"codec"}); !known)
        return invalid(known.error());
    const auto given = optional_codec(parameters);
    if (!given)
        return invalid(given.error());
    const std::optional<daedalus_codec>& wanted = *given;
    const std::vector<Session> sessions = provider_.sessions();
    json codecs = json::array();
    for (int i = 0; i < DAEDALUS_CODEC_COUNT; ++i) {
        const auto codec = static_cast<daedalus_codec>(i);
        if (wanted && *wanted != codec)
            continue;
        statistics::Counters sum = provider_.codec_totals().retired(codec);
        std::uint64_t active = 0;
        for (const Session& session : sessions) {
            if (session.codec != codec)
                continue;
            sum.merge(session.totals);
            ++active;
        }
        const std::uint64_t all =
            statistics::saturating_add(provider_.codec_totals().sessions(codec), active);
        if (all == 0 && !wanted)
            continue;
        codecs.push_back({{"codec", bridge::codec_keyword(codec)},
                          {"sessions", encode_number(all)},
                          {"sessions_active", active},
                          {"counters", encode_counters(sum)}});
    }
    return reply({{"codecs", std::move(codecs)}, {"kernel", encode_kernel(statistics::read_module(sysfs_))}});
}

const json& Methods::monitored_kernel() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= monitored_until_) {
        monitored_kernel_ = encode_kernel(statistics::read_module(sysfs_));
        monitored_until_ = now + std::chrono::milliseconds(shortest_interval_ms / 2);
    }
    return monitored_kernel_;
}

Answer Methods::monitor(const Request& request) {
    if (const auto known = only(request.parameters, {"interval_ms"}); !known)
        return invalid(known.error());
    const auto interval = optional_number(request.parameters, "interval_ms");
    if (!interval)
        return invalid(interval.error());
    const std::uint64_t interval_ms = interval->value_or(default_interval_ms);
    if (interval_ms < shortest_interval_ms || interval_ms > longest_interval_ms)
        return invalid({"interval_ms"});
    Answer answer = reply({{"health", encode_health(provider_.health())},
                           {"sessions", encode_sessions(provider_.sessions(), std::nullopt)},
                           {"kernel", monitored_kernel()}});
    if (request.more)
        answer.repeat_ms = static_cast<std::uint32_t>(interval_ms);
    return answer;
}

Answer Methods::reset_stats() {
    provider_.reset_stats();
    return reply(json::object());
}

Answer Methods::cancel_job(const json& parameters) {
    if (const auto known = only(parameters, {"session", "cookie"}); !known)
        return invalid(known.error());
    const auto session = number(parameters, "session");
    if (!session)
        return invalid(session.error());
    const auto cookie = number(parameters, "cookie");
    // 0 would mean all jobs to the kernel.
    if (!cookie || *cookie == 0)
        return invalid({"cookie"});
    return cancel(*session, *cookie);
}

Answer Methods::cancel_session(const json& parameters) {
    if (const auto known = only(parameters, {"session"}); !known)
        return invalid(known.error());
    const auto session = number(parameters, "session");
    if (!session)
        return invalid(session.error());
    return cancel(*session, 0);
}

Answer Methods::cancel_all() {
    std::uint64_t canceled = 0;
    for (const Session& session : provider_.sessions()) {
        const auto ended = provider_.cancel(session.id, 0);
        // A session that has just ended has no jobs left to end.
        if (!ended && ended.error().code.value() != ENOENT)
            return error("org.daedalus.v4l2.Failed",
                         {{"reason", ended.error().message}, {"errno", ended.error().code.value()}});
        canceled += ended.value_or(0);
    }
    return reply({{"canceled", encode_number(canceled)}});
}

Answer Methods::cancel(std::uint64_t session, std::uint64_t cookie) {
    if (!streams(session))
        return error("org.daedalus.v4l2.NoSuchSession", {{"session", encode_number(session)}});
    const auto ended = provider_.cancel(session, cookie);
    if (ended)
        return reply({{"canceled", *ended}});
    if (ended.error().code.value() != ENOENT)
        return error("org.daedalus.v4l2.Failed",
                     {{"reason", ended.error().message}, {"errno", ended.error().code.value()}});
    if (cookie == 0)
        return reply({{"canceled", 0}});
    return error("org.daedalus.v4l2.NoSuchJob",
                 {{"session", encode_number(session)}, {"cookie", encode_number(cookie)}});
}

bool Methods::streams(std::uint64_t session) const {
    const std::vector<Session> sessions = provider_.sessions();
    return std::ranges::find(sessions, session, &Session::id) != sessions.end();
}

} // namespace daedalus::control
