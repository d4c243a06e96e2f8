// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl metrics: everything as Prometheus text.
#include "commands/command.h"

#include "model/fields.h"
#include "text/prometheus.h"
#include "util/log.h"
#include "util/unique_fd.h"

#include "daedalus/build_paths.h"
#include "statistics/histogram.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

/// Every second power of two from 2^8 us on; each is a bound of the daemon's own buckets, so nothing is
/// interpolated.
std::vector<std::uint64_t> bucket_bounds() {
    std::vector<std::uint64_t> bounds;
    for (std::uint64_t top = 256; top <= (1ULL << 22); top *= 2)
        bounds.push_back(top - 1);
    return bounds;
}

void write_histogram(PrometheusText& out, const Fields& durations, const Labels& labels) {
    const auto bounds = durations.numbers("bounds_us");
    const auto counts = durations.numbers("counts");
    if (bounds.size() != counts.size())
        return;
    for (const std::uint64_t top : bucket_bounds()) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < bounds.size(); ++i)
            below = statistics::saturating_add(below, bounds[i] <= top ? counts[i] : 0);
        Labels bucket = labels;
        bucket.emplace_back("le", seconds(top));
        out.sample(below, bucket, "_bucket");
    }
    Labels all = labels;
    all.emplace_back("le", "+Inf");
    const std::uint64_t count = durations.number("count").value_or(0);
    out.sample(count, all, "_bucket");
    out.sample_seconds(durations.number("sum_us").value_or(0), labels, "_sum");
    out.sample(count, labels, "_count");
}

void write_codecs(PrometheusText& out, const json& codecs) {
    const auto each = [&](const char* name, const char* help, const char* member) {
        out.family(name, "counter", help);
        for (const auto& element : codecs) {
            const Fields codec(element);
            out.sample(codec.object("counters").number(member).value_or(0),
                       {{"codec", codec.text("codec").value_or("")}});
        }
    };
    each("daedalus_frames_total", "Pictures delivered to clients.", "frames");
    each("daedalus_dropped_jobs_total", "Jobs that ended before their worker answered.", "dropped");
    each("daedalus_bitstream_bytes_total", "Coded bytes that workers took in.", "bitstream_bytes");
    out.family("daedalus_jobs_total", "counter", "Jobs that workers answered, by status.");
    for (const auto& element : codecs) {
        const Fields codec(element);
        const Fields statuses = codec.object("counters").object("statuses");
        if (!statuses.json().is_object())
            continue;
        for (const auto& [status, value] : statuses.json().items())
            out.sample(statuses.number(status.c_str()).value_or(0),
                       {{"codec", codec.text("codec").value_or("")}, {"status", util::printable(status)}});
    }
    out.family("daedalus_decode_seconds", "histogram", "From the start of decoding to the finished picture.");
    for (const auto& element : codecs)
        write_histogram(out, Fields(element).object("counters").object("decode_time"),
                        {{"codec", Fields(element).text("codec").value_or("")}});
    out.family("daedalus_latency_seconds", "histogram", "From the client's request to the answer.");
    for (const auto& element : codecs)
        write_histogram(out, Fields(element).object("counters").object("latency"),
                        {{"codec", Fields(element).text("codec").value_or("")}});
}

void write_sessions(PrometheusText& out, const json& sessions) {
    std::map<std::string, std::uint64_t> by_codec;
    for (const auto& keyword : codec_keywords())
        by_codec[keyword] = 0;
    for (const auto& session : sessions)
        ++by_codec[Fields(session).text("codec").value_or("")];
    out.family("daedalus_sessions", "gauge", "Sessions that stream now.");
    for (const auto& [codec, count] : by_codec)
        out.sample(count, {{"codec", codec}});
    const auto labels = [](const Fields& session) -> Labels {
        return {{"session", std::to_string(session.number("id").value_or(0))},
                {"codec", session.text("codec").value_or("")},
                {"client", session.text("client_comm").value_or("")}};
    };
    out.family("daedalus_session_frames_per_second", "gauge", "Rate of a session over the last second.");
    for (const auto& session : sessions)
        out.sample(Fields(session).real("frames_per_second").value_or(0), labels(Fields(session)));
    out.family("daedalus_session_queue_depth", "gauge", "Jobs that a session's worker holds.");
    for (const auto& session : sessions)
        out.sample(Fields(session).number("queue_depth").value_or(0), labels(Fields(session)));
}

void write_daemon(PrometheusText& out, const Fields& health) {
    out.family("daedalus_info", "gauge", "Versions, as labels.");
    out.sample(std::uint64_t{1}, {{"daemon", health.text("daemon_version").value_or("")},
                                  {"module", health.text("module_version").value_or("")},
                                  {"protocol", std::to_string(health.number("proto_version").value_or(0))}});
    out.family("daedalus_uptime_seconds", "gauge", "Since the supervisor started.");
    out.sample_seconds(health.number("uptime_us").value_or(0));
    if (const auto restarts = health.number("restarts")) {
        out.family("daedalus_restarts_total", "counter",
                   "How often the supervisor ended unasked and was started again.");
        out.sample(*restarts);
    }
    out.family("daedalus_workers_died_total", "counter", "Workers that ended without being asked to.");
    out.sample(health.number("workers_died").value_or(0));
}

void write_module(PrometheusText& out, const statistics::ModuleState& module) {
    out.family("daedalus_module_loaded", "gauge", "1 if the kernel module is loaded.");
    out.sample(std::uint64_t{module.loaded ? 1U : 0U});
    const auto gauge = [&](const char* name, const char* help, const std::optional<std::uint64_t>& value) {
        if (!value)
            return;
        out.family(name, "gauge", help);
        out.sample(*value);
    };
    gauge("daedalus_kernel_sessions", "Sessions that stream, says the kernel.", module.sessions);
    gauge("daedalus_kernel_sessions_waiting", "Sessions without a worker.", module.sessions_waiting);
    gauge("daedalus_kernel_jobs_in_flight", "Jobs that wait for an answer.", module.jobs_in_flight);
    if (module.counters.empty())
        return;
    out.family("daedalus_kernel_events_total", "counter", "The module's counters since it was loaded.");
    for (const auto& [name, value] : module.counters)
        out.sample(value, {{"event", util::printable(name)}});
}

/// Replaces `path` at once, so that no reader sees half a file. Returns what went wrong; empty: nothing.
std::string replace_file(const std::string& path, const std::string& text) {
    const std::string temporary = path + "." + std::to_string(getpid()) + ".tmp";
    {
        const util::UniqueFd fd(
            open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!fd)
            return "cannot create " + temporary + ": " + std::strerror(errno);
        std::string_view left = text;
        while (!left.empty()) {
            const ssize_t written = write(fd.get(), left.data(), left.size());
            if (written < 0 && errno != EINTR) {
                const std::string reason = std::strerror(errno);
                unlink(temporary.c_str());
                return util::format("cannot write %s: %s", temporary.c_str(), reason.c_str());
            }
            left.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
        }
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        const std::string reason = std::strerror(errno);
        unlink(temporary.c_str());
        return "cannot replace " + path + ": " + reason;
    }
    return {};
}

int run(const Invocation& invocation, const std::string& textfile) {
    const Environment& environment = invocation.environment;
    const World world = look_around(environment);
    const Verdict verdict = judge(world);
    Daemon daemon(environment);
    const auto stats =
        world.failure ? CallResult<json>(std::unexpected(*world.failure)) : daemon.call("GetStats");
    if (invocation.json) {
        json out = document("metrics");
        out["daemon"] = encode_reachability(world.failure);
        out["status"] = encode_verdict(verdict);
        out["health"] = world.health;
        out["sessions"] = world.sessions;
        out["codecs"] = stats ? Fields(*stats).list("codecs") : json();
        out["kernel"] = encode_module(world.module);
        print(environment, out);
        return world.failure ? static_cast<int>(verdict.code) : exit_healthy;
    }
    PrometheusText out;
    out.family("daedalus_up", "gauge", "1 if the daemon answers.");
    out.sample(std::uint64_t{world.failure ? 0U : 1U});
    out.family("daedalus_health", "gauge", "0 healthy, 1 degraded, 2 critical, 3 unknown.");
    out.sample(static_cast<std::uint64_t>(verdict.code));
    write_module(out, world.module);
    if (!world.failure) {
        write_daemon(out, Fields(world.health));
        write_sessions(out, world.sessions);
    }
    if (stats)
        write_codecs(out, Fields(*stats).list("codecs"));
    if (textfile.empty()) {
        environment.out << out.text();
    } else if (const std::string wrong = replace_file(textfile, out.text()); !wrong.empty()) {
        environment.err << "daedalusctl: " << wrong << "\n";
        return exit_unknown;
    }
    // The scrape itself went well: daedalus_up says the rest. An exit status would lose the text for those
    // who only take the output of commands that succeed.
    return exit_healthy;
}

} // namespace

void add_metrics(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("metrics", "Everything as Prometheus text");
    command->footer("Exit status 0 also when the daemon is down: daedalus_up is 0 then.\n\n"
                    "Examples:\n"
                    "  daedalusctl metrics\n"
                    "  daedalusctl metrics --textfile /var/lib/prometheus/node-exporter/daedalus.prom");
    auto textfile = std::make_shared<std::string>();
    command->add_option("--textfile", *textfile, "Write to this file, replacing it at once");
    command->callback([&invocation, textfile] {
        invocation.action = [&invocation, textfile] { return run(invocation, *textfile); };
    });
}

} // namespace daedalus::ctl
