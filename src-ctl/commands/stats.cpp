// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl stats: what was decoded since the daemon started, beside the kernel's own counters.
#include "commands/command.h"

#include "model/fields.h"
#include "text/style.h"
#include "text/table.h"
#include "text/units.h"
#include "util/log.h"

#include <algorithm>
#include <memory>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

Table codec_table(const json& codecs) {
    Table table({{.title = "CODEC"},
                 {.title = "SESSIONS", .right = true},
                 {.title = "FRAMES", .right = true},
                 {.title = "CONCEALED", .right = true},
                 {.title = "ERRORS", .right = true},
                 {.title = "DROPPED", .right = true, .weight = 1},
                 {.title = "IN", .right = true, .weight = 3},
                 {.title = "P50 ms", .right = true, .weight = 4},
                 {.title = "P95 ms", .right = true, .weight = 5},
                 {.title = "P99 ms", .right = true},
                 {.title = "MAX ms", .right = true, .weight = 2}});
    for (const auto& element : codecs) {
        const Fields codec(element);
        const Fields counters = codec.object("counters");
        const Fields times = counters.object("decode_time");
        table.add(
            {codec_title(codec.text("codec").value_or("?")), format_optional(codec.number("sessions")),
             format_optional(counters.number("frames")), format_optional(counters.number("concealed")),
             format_optional(counters.number("errors")), format_optional(counters.number("dropped")),
             format_bytes(counters.number("bitstream_bytes").value_or(0)),
             format_ms(times.number("p50_us").value_or(0)), format_ms(times.number("p95_us").value_or(0)),
             format_ms(times.number("p99_us").value_or(0)), format_ms(times.number("max_us").value_or(0))});
    }
    return table;
}

/// The daemon's sum of a status over the codecs, and the kernel's counter of it.
void print_reasons(const Environment& environment, const json& codecs, const Fields& kernel) {
    Table table(
        {{.title = "REASON"}, {.title = "DAEMON", .right = true}, {.title = "KERNEL", .right = true}});
    const Fields counters = kernel.object("counters");
    for (const char* reason : {"concealed", "bad_stream", "unsupported", "bad_buffer", "internal", "timeout",
                               "worker_died", "no_daemon", "canceled"}) {
        std::uint64_t daemon = 0;
        for (const auto& codec : codecs)
            daemon += Fields(codec).object("counters").object("statuses").number(reason).value_or(0);
        const auto in_kernel = counters.number((std::string("error_") + reason).c_str());
        if (daemon != 0 || in_kernel.value_or(0) != 0)
            table.add({reason, std::to_string(daemon), format_optional(in_kernel)});
    }
    if (table.empty())
        environment.out << "No errors.\n";
    else
        environment.out << table.render(environment.width);
}

void print_histogram(const Environment& environment, const Fields& codec) {
    const Fields times = codec.object("counters").object("decode_time");
    const auto bounds = times.numbers("bounds_us");
    const auto counts = times.numbers("counts");
    if (bounds.empty() || bounds.size() != counts.size())
        return;
    // One line for each power of two, so that it fits a screen.
    std::map<std::uint64_t, std::uint64_t> lines;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        std::uint64_t top = 1;
        while (top < bounds[i] + 1 && top < (1ULL << 62))
            top *= 2;
        lines[top] += counts[i];
    }
    const std::uint64_t most =
        std::ranges::max_element(lines, {}, [](const auto& entry) { return entry.second; })->second;
    environment.out << "\nDecode time of " << codec_title(codec.text("codec").value_or("?")) << "\n";
    constexpr std::uint64_t bar_width = 40;
    for (const auto& [top, count] : lines) {
        const auto length = static_cast<std::size_t>(
            static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(most, 1)) * bar_width);
        environment.out << util::format("  under %10s %10s  ", format_duration(top).c_str(),
                                        std::to_string(count).c_str())
                        << std::string(std::max<std::size_t>(length, count > 0 ? 1 : 0), '#') << "\n";
    }
}

int run(const Invocation& invocation, const std::string& codec) {
    const Environment& environment = invocation.environment;
    Daemon daemon(environment);
    const auto reply = daemon.call("GetStats", codec.empty() ? json::object() : json{{"codec", codec}});
    if (!reply)
        return report_failure(invocation, "stats", reply.error());
    const Fields fields(*reply);
    const json& codecs = fields.list("codecs");
    if (invocation.json) {
        json out = document("stats");
        out["daemon"] = encode_reachability(std::nullopt);
        out["codecs"] = codecs;
        out["kernel"] = fields.object("kernel").json();
        print(environment, out);
        return exit_healthy;
    }
    if (codecs.empty())
        environment.out << "Nothing was decoded since the daemon started.\n";
    else
        environment.out << codec_table(codecs).render(environment.width);
    environment.out << "\n";
    print_reasons(environment, codecs, fields.object("kernel"));
    for (const auto& element : codecs)
        print_histogram(environment, Fields(element));
    const Fields kernel = fields.object("kernel");
    environment.out << "\nKernel: " << format_optional(kernel.object("counters").number("jobs_dispatched"))
                    << " jobs dispatched, "
                    << format_optional(kernel.object("counters").number("jobs_completed")) << " completed, "
                    << format_optional(kernel.object("counters").number("jobs_failed")) << " failed, "
                    << format_optional(kernel.number("jobs_in_flight")) << " in flight\n";
    return exit_healthy;
}

} // namespace

void add_stats(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("stats", "What was decoded since the daemon started");
    command->footer(
        "The kernel counts since the module was loaded; reset stats does not touch its counters.\n\n"
        "Examples:\n"
        "  daedalusctl stats --codec h264\n"
        "  daedalusctl stats --json | jq '.codecs[] | {codec, frames: .counters.frames}'");
    auto codec = std::make_shared<std::string>();
    command->add_option("--codec", *codec, "Only this codec")->check(CLI::IsMember(codec_keywords()));
    command->callback([&invocation, codec] {
        invocation.action = [&invocation, codec] { return run(invocation, *codec); };
    });
}

} // namespace daedalus::ctl
