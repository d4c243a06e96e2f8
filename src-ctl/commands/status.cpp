// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl status: one health word, the reason, the remedy, then what there is.
#include "commands/command.h"

#include "model/fields.h"
#include "text/style.h"
#include "text/table.h"
#include "text/units.h"
#include "util/log.h"

#include "daedalus/build_paths.h"
#include "daedalus/protocol.h"

#include <ostream>
#include <utility>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t label_width = 10;

void line(const Environment& environment, const std::string& label, const std::string& text) {
    environment.out << fit(label, label_width) << text << "\n";
}

std::string describe_module(const statistics::ModuleState& module) {
    if (!module.loaded)
        return "not loaded";
    return "daedalus_v4l2 " + util::printable(module.version.value_or("of unknown version")) + ", protocol " +
           format_optional(module.proto_version);
}

std::string describe_daemon(const World& world) {
    if (world.failure)
        return world.failure->message;
    const Fields health(world.health);
    return "daedalusd " + health.text("daemon_version").value_or("?") + ", protocol " +
           format_optional(health.number("proto_version")) + ", " + health.text("state").value_or("?") +
           " for " + format_duration(health.number("state_age_us").value_or(0)) + ", pid " +
           format_optional(health.number("pid"));
}

/// Nothing where it has run since it was started.
std::string describe_restarts(const World& world) {
    const auto restarts = Fields(world.health).number("restarts").value_or(0);
    if (restarts == 0)
        return {};
    return "ended unasked and was started again " +
           (restarts == 1 ? std::string("once") : std::to_string(restarts) + " times");
}

/// What has the number that the stateful node should have, if it has another.
std::string describe_other_number(const Environment& environment, const DeviceNode& node) {
    if (node.purpose != "stateful" || node_number(node.path) == customary_number)
        return {};
    const std::string owner = node_name(environment, customary_number);
    return owner.empty() ? std::string() : " (number 10 is " + util::printable(owner) + "'s)";
}

std::string describe_devices(const Environment& environment, const std::vector<DeviceNode>& devices) {
    std::string text;
    for (const DeviceNode& node : devices) {
        if (node.purpose == "daemon")
            continue;
        text += (text.empty() ? "" : ", ") + node.path + describe_other_number(environment, node);
        if (!node.exists)
            text += " (missing)";
        else if (!node.accessible)
            text += " (not for this user)";
    }
    return text.empty() ? "none" : text;
}

std::string describe_kernel(const Kernel& kernel) {
    std::string text = kernel.release;
    text += kernel.running ? " running" : "";
    text += kernel.newest && !kernel.running ? " boots next" : "";
    text += kernel.module_built ? ": module built" : ": module not built";
    text += kernel.headers ? "" : ", headers missing";
    return text;
}

std::string join(const json& list) {
    std::string text;
    for (const auto& element : list)
        if (element.is_string())
            text += (text.empty() ? "" : ", ") + codec_title(util::printable(element.get<std::string>()));
    return text.empty() ? "none" : text;
}

void print_sessions(const Environment& environment, const World& world) {
    const Fields health(world.health);
    line(environment, "sessions",
         format_optional(health.number("sessions")) + " streaming, " +
             format_optional(world.module.sessions_waiting) + " waiting, at most " +
             format_optional(health.number("max_sessions")));
    if (world.sessions.empty())
        return;
    Table table({{.title = "ID", .right = true},
                 {.title = "CLIENT", .longest = 24},
                 {.title = "CODEC"},
                 {.title = "SIZE"},
                 {.title = "FPS", .right = true},
                 {.title = "P99 ms", .right = true},
                 {.title = "ERRORS", .right = true}});
    for (const auto& element : world.sessions) {
        const Fields session(element);
        const Fields counters = session.object("counters");
        table.add({format_optional(session.number("id")),
                   session.text("client_comm").value_or("?") + "[" +
                       format_optional(session.number("client_pid")) + "]",
                   codec_title(session.text("codec").value_or("?")),
                   format_size(session.number("width"), session.number("height")),
                   format_rate(session.real("frames_per_second").value_or(0)),
                   format_ms(counters.object("decode_time").number("p99_us").value_or(0)),
                   format_optional(counters.number("errors"))});
    }
    environment.out << "\n" << table.render(environment.width);
}

void print_text(const Environment& environment, const World& world, const Verdict& verdict) {
    print_verdict(environment, verdict);
    environment.out << "\n";
    line(environment, "module", describe_module(world.module));
    line(environment, "daemon", describe_daemon(world));
    if (const std::string restarts = describe_restarts(world); !restarts.empty())
        line(environment, "", restarts);
    line(environment, "devices", describe_devices(environment, world.devices));
    for (const Kernel& kernel : world.kernels)
        line(environment, &kernel == world.kernels.data() ? "kernel" : "", describe_kernel(kernel));
    if (world.failure) {
        if (world.module.loaded)
            line(environment, "sessions",
                 format_optional(world.module.sessions) + " streaming, " +
                     format_optional(world.module.sessions_waiting) + " waiting, says the kernel");
        return;
    }
    line(environment, "codecs", join(Fields(world.health).list("codecs")));
    print_sessions(environment, world);
}

json encode(World&& world, const Verdict& verdict) {
    json out = document("status");
    out["status"] = encode_verdict(verdict);
    out["daemon"] = encode_reachability(world.failure);
    out["health"] = std::move(world.health);
    out["sessions"] = std::move(world.sessions);
    out["kernel"] = encode_module(world.module);
    out["module_loaded"] = world.module.loaded;
    out["daedalusctl_version"] = project_version;
    out["daedalusctl_proto_version"] = DAEDALUS_PROTO_VERSION;
    out["kernels"] = json::array();
    for (const Kernel& kernel : world.kernels)
        out["kernels"].push_back({{"release", kernel.release},
                                  {"running", kernel.running},
                                  {"newest", kernel.newest},
                                  {"headers", kernel.headers},
                                  {"headers_package", kernel.headers_package},
                                  {"module_built", kernel.module_built}});
    out["devices"] = json::array();
    for (const DeviceNode& node : world.devices)
        out["devices"].push_back({{"path", node.path},
                                  {"purpose", node.purpose},
                                  {"exists", node.exists},
                                  {"accessible", node.accessible}});
    return out;
}

/// One line of the monitoring plugins' convention: "WORD - text | 'label'=value;warn;crit;min;max".
void print_nagios(const Environment& environment, const World& world, const Verdict& verdict) {
    static constexpr const char* words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    std::string reason = verdict.reason.empty() ? "video decoding is healthy" : verdict.reason;
    // The bar begins the performance data.
    std::erase(reason, '|');
    environment.out << "DAEDALUS " << words[verdict.code] << " - " << reason;
    if (!verdict.remedy.empty()) {
        std::string remedy = verdict.remedy;
        std::erase(remedy, '|');
        environment.out << " (" << remedy << ")";
    }
    std::uint64_t frames = 0;
    std::uint64_t errors = 0;
    double rate = 0;
    for (const auto& element : world.sessions) {
        const Fields session(element);
        frames += session.object("counters").number("frames").value_or(0);
        errors += session.object("counters").number("errors").value_or(0);
        rate += session.real("frames_per_second").value_or(0);
    }
    environment.out << " | sessions=" << world.module.sessions.value_or(0) << ";;;0"
                    << " waiting=" << world.module.sessions_waiting.value_or(0) << ";;;0"
                    << " jobs=" << world.module.jobs_in_flight.value_or(0) << ";;;0";
    if (!world.failure)
        environment.out << " fps=" << format_rate(rate) << ";;;0 session_frames=" << frames
                        << ";;;0 session_errors=" << errors << ";;;0";
    environment.out << "\n";
}

} // namespace

void add_status(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("status", "Is video decoding healthy? Exit status 0 healthy, "
                                                     "1 degraded, 2 critical, 3 unknown");
    command->footer("Examples:\n"
                    "  daedalusctl status\n"
                    "  daedalusctl status --format=nagios    one line for a monitor\n"
                    "  daedalusctl status --json | jq -r .status.state");
    auto format = std::make_shared<std::string>("text");
    command->add_option("--format", *format, "How to say it")
        ->check(CLI::IsMember({"text", "json", "nagios"}));
    command->callback([&invocation, format] {
        invocation.action = [&invocation, format] {
            World world = look_around(invocation.environment);
            const Verdict verdict = judge(world);
            if (*format == "nagios")
                print_nagios(invocation.environment, world, verdict);
            else if (invocation.json || *format == "json")
                print(invocation.environment, encode(std::move(world), verdict));
            else
                print_text(invocation.environment, world, verdict);
            return static_cast<int>(verdict.code);
        };
    });
}

} // namespace daedalus::ctl
