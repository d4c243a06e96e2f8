// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl sessions: who decodes what, and how fast.
#include "commands/command.h"

#include "model/fields.h"
#include "text/table.h"
#include "text/units.h"

#include <memory>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

Table make_table(const json& sessions) {
    Table table({{.title = "ID", .right = true},
                 {.title = "CLIENT", .longest = 22},
                 {.title = "CODEC"},
                 {.title = "API", .weight = 5},
                 {.title = "PROFILE", .weight = 6, .longest = 20},
                 {.title = "SIZE"},
                 {.title = "FORMAT", .weight = 6},
                 {.title = "STATE", .weight = 4},
                 {.title = "FPS", .right = true},
                 {.title = "MEAN", .right = true, .weight = 7},
                 {.title = "FRAMES", .right = true, .weight = 1},
                 {.title = "BAD", .right = true},
                 {.title = "DROP", .right = true, .weight = 8},
                 {.title = "QUEUE", .right = true, .weight = 3},
                 {.title = "P50 ms", .right = true, .weight = 9},
                 {.title = "P95 ms", .right = true, .weight = 12},
                 {.title = "P99 ms", .right = true, .weight = 2},
                 {.title = "MAX ms", .right = true, .weight = 10},
                 {.title = "IN", .right = true, .weight = 13},
                 {.title = "THREADS", .right = true, .weight = 14},
                 {.title = "PATH", .weight = 15},
                 {.title = "AGE", .right = true, .weight = 11},
                 {.title = "WORKER", .right = true, .weight = 16}});
    for (const auto& element : sessions) {
        const Fields session(element);
        const Fields counters = session.object("counters");
        const Fields times = counters.object("decode_time");
        const std::uint64_t bad =
            counters.number("errors").value_or(0) + counters.number("concealed").value_or(0);
        table.add({
            format_optional(session.number("id")),
            session.text("client_comm").value_or("?") + "[" + format_optional(session.number("client_pid")) +
                "]",
            codec_title(session.text("codec").value_or("?")),
            session.text("api").value_or("-"),
            session.text("profile").value_or("-"),
            format_size(session.number("width"), session.number("height")),
            session.text("pixel_format").value_or("-"),
            session.text("state").value_or("?"),
            format_rate(session.real("frames_per_second").value_or(0)),
            format_rate(session.real("frames_per_second_mean").value_or(0)),
            format_optional(counters.number("frames")),
            std::to_string(bad),
            format_optional(counters.number("dropped")),
            format_optional(session.number("queue_depth")),
            format_ms(times.number("p50_us").value_or(0)),
            format_ms(times.number("p95_us").value_or(0)),
            format_ms(times.number("p99_us").value_or(0)),
            format_ms(times.number("max_us").value_or(0)),
            format_bytes(counters.number("bitstream_bytes").value_or(0)),
            format_optional(session.number("threads")),
            session.text("pixel_path").value_or("-"),
            format_duration(session.number("age_us").value_or(0)),
            format_optional(session.number("worker_pid")),
        });
    }
    return table;
}

int run(const Invocation& invocation, const std::string& codec) {
    const Environment& environment = invocation.environment;
    Daemon daemon(environment);
    const auto reply = daemon.call("GetSessions", codec.empty() ? json::object() : json{{"codec", codec}});
    if (!reply)
        return report_failure(invocation, "sessions", reply.error());
    const json& sessions = Fields(*reply).list("sessions");
    if (invocation.json) {
        json out = document("sessions");
        out["daemon"] = encode_reachability(std::nullopt);
        out["sessions"] = sessions;
        print(environment, out);
    } else if (sessions.empty()) {
        environment.out << "Nobody decodes video.\n";
    } else {
        environment.out << make_table(sessions).render(environment.width);
    }
    return exit_healthy;
}

} // namespace

void add_sessions(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("sessions", "Who decodes what, and how fast");
    command->footer("BAD counts errors and concealed pictures. A wider terminal shows more columns.\n\n"
                    "Examples:\n"
                    "  daedalusctl sessions --codec av1\n"
                    "  daedalusctl sessions --json | jq '.sessions[].frames_per_second'");
    auto codec = std::make_shared<std::string>();
    command->add_option("--codec", *codec, "Only sessions of this codec")
        ->check(CLI::IsMember(codec_keywords()));
    command->callback([&invocation, codec] {
        invocation.action = [&invocation, codec] { return run(invocation, *codec); };
    });
}

} // namespace daedalus::ctl
