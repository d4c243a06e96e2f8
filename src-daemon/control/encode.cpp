// SPDX-License-Identifier: BSD-2-Clause
#include "control/encode.h"

#include "bridge/codec_names.h"
#include "util/log.h"

#include "daedalus/build_paths.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <unistd.h>

namespace daedalus::control {
namespace {

using nlohmann::json;

constexpr double us_per_second = 1e6;

template <typename T>
json number_or_null(const std::optional<T>& value) {
    return value ? encode_number(static_cast<std::uint64_t>(*value)) : json();
}

json text_or_null(const std::optional<std::string>& text) {
    return text ? json(util::printable(*text)) : json();
}

/// A value that is unknown while it is 0.
json known_number(std::uint64_t number) {
    return number != 0 ? encode_number(number) : json();
}

const char* name(DaemonState state) {
    switch (state) {
    case DaemonState::starting:
        return "starting";
    case DaemonState::serving:
        return "serving";
    case DaemonState::no_module:
        return "no_module";
    case DaemonState::refused:
        return "refused";
    case DaemonState::failed:
        break;
    }
    return "failed";
}

const char* name(SessionState state) {
    switch (state) {
    case SessionState::waiting:
        return "waiting";
    case SessionState::streaming:
        return "streaming";
    case SessionState::broken:
        break;
    }
    return "broken";
}

const char* name(statistics::PixelPath path) {
    switch (path) {
    case statistics::PixelPath::cpu:
        return "cpu";
    case statistics::PixelPath::gpu:
        return "gpu";
    case statistics::PixelPath::direct:
        return "direct";
    case statistics::PixelPath::unknown:
        break;
    }
    return "unknown";
}

const char* name(statistics::JobState state) {
    switch (state) {
    case statistics::JobState::queued:
        return "queued";
    case statistics::JobState::decoding:
        return "decoding";
    case statistics::JobState::done:
        break;
    }
    return "done";
}

json encode_fourcc(std::uint32_t fourcc) {
    if (fourcc == 0)
        return {};
    std::string text;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const char c = static_cast<char>((fourcc >> shift) & 0xff);
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    while (text.ends_with(' '))
        text.pop_back();
    return text;
}

json encode_durations(const statistics::Histogram& histogram) {
    json bounds = json::array();
    json counts = json::array();
    for (std::size_t i = 0; i < histogram.buckets().size(); ++i) {
        if (histogram.buckets()[i] == 0)
            continue;
        bounds.push_back(encode_number(statistics::histogram_upper_bound(i)));
        counts.push_back(encode_number(histogram.buckets()[i]));
    }
    return {
        {"count", encode_number(histogram.count())},
        {"sum_us", encode_number(histogram.sum_us())},
        {"max_us", encode_number(histogram.max_us())},
        {"p50_us", encode_number(histogram.percentile_us(500))},
        {"p95_us", encode_number(histogram.percentile_us(950))},
        {"p99_us", encode_number(histogram.percentile_us(990))},
        {"bounds_us", std::move(bounds)},
        {"counts", std::move(counts)},
    };
}

/// Processor time of another process; null when it has gone.
json processor_time_us(std::optional<pid_t> pid) {
    clockid_t clock{};
    struct timespec used {};
    if (!pid || *pid <= 0 || clock_getcpuclockid(*pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return {};
    return (static_cast<std::int64_t>(used.tv_sec) * 1'000'000) + (used.tv_nsec / 1000);
}

} // namespace

json encode_number(std::uint64_t number) {
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
}

json encode_health(const Health& health) {
    json codecs = json::array();
    for (int i = 0; i < DAEDALUS_CODEC_COUNT; ++i)
        if ((health.codecs >> i) & 1)
            codecs.push_back(bridge::codec_keyword(static_cast<daedalus_codec>(i)));
    json libraries = json::array();
    for (const Library& library : health.libraries)
        libraries.push_back({{"name", library.name}, {"version", text_or_null(library.version)}});
    return {
        {"state", name(health.state)},
        {"state_reason", util::printable(health.state_reason)},
        {"state_age_us", encode_number(health.state_age_us)},
        {"pid", getpid()},
        {"uptime_us", encode_number(health.uptime_us)},
        {"restarts", number_or_null(health.restarts)},
        {"daemon_version", project_version},
        {"proto_version", DAEDALUS_PROTO_VERSION},
        {"module_version", text_or_null(health.module_version)},
        {"module_proto_version", number_or_null(health.module_proto_version)},
        {"watchdog_timeout_us", number_or_null(health.watchdog_timeout_us)},
        {"watchdog_age_us", number_or_null(health.watchdog_age_us)},
        {"job_timeout_ms", health.job_timeout_ms},
        {"sessions", health.sessions},
        {"max_sessions", health.max_sessions},
        {"workers_died", encode_number(health.workers_died)},
        {"codecs", std::move(codecs)},
        {"libraries", std::move(libraries)},
    };
}

json encode_counters(const statistics::Counters& counters) {
    const auto status = [&](enum daedalus_status index) {
        return encode_number(counters.statuses.at(index));
    };
    return {
        {"frames", encode_number(counters.frames)},
        {"concealed", encode_number(counters.concealed())},
        {"errors", encode_number(counters.errors())},
        {"dropped", encode_number(counters.dropped)},
        {"bitstream_bytes", encode_number(counters.bitstream_bytes)},
        {"statuses",
         {
             {"ok", status(DAEDALUS_STATUS_OK)},
             {"concealed", status(DAEDALUS_STATUS_CONCEALED)},
             {"bad_stream", status(DAEDALUS_STATUS_BAD_STREAM)},
             {"unsupported", status(DAEDALUS_STATUS_UNSUPPORTED)},
             {"bad_buffer", status(DAEDALUS_STATUS_BAD_BUFFER)},
             {"internal", status(DAEDALUS_STATUS_INTERNAL)},
             {"timeout", status(DAEDALUS_STATUS_TIMEOUT)},
             {"worker_died", status(DAEDALUS_STATUS_WORKER_DIED)},
             {"no_daemon", status(DAEDALUS_STATUS_NO_DAEMON)},
             {"canceled", status(DAEDALUS_STATUS_CANCELED)},
         }},
        {"decode_time", encode_durations(counters.decode_time)},
        {"latency", encode_durations(counters.latency)},
    };
}

json encode_session(const Session& session) {
    const statistics::Snapshot& worker = session.worker;
    const double counted_s = static_cast<double>(session.counted_us) / us_per_second;
    return {
        {"id", encode_number(session.id)},
        {"api", session.kind == DAEDALUS_SESSION_STATEFUL ? "stateful" : "stateless"},
        {"state", name(session.state)},
        {"codec", bridge::codec_keyword(session.codec)},
        {"profile", worker.profile.empty() ? json() : json(worker.profile)},
        {"width", known_number(worker.width)},
        {"height", known_number(worker.height)},
        {"pixel_format", encode_fourcc(worker.pixelformat)},
        {"pixel_path", name(worker.pixel_path)},
        {"client_pid", session.client_pid},
        {"client_comm", util::printable(session.client_comm)},
        {"worker_pid", number_or_null(session.worker_pid)},
        {"worker_attempt", session.worker_attempt},
        {"worker_cpu_us", processor_time_us(session.worker_pid)},
        {"threads", worker.threads},
        {"age_us", encode_number(session.age_us)},
        {"counted_us", encode_number(session.counted_us)},
        {"queue_depth", worker.queue_depth},
        {"frames_per_second", worker.frames_per_second},
        {"frames_per_second_mean",
         counted_s > 0 ? static_cast<double>(session.totals.frames) / counted_s : 0.0},
        {"since_progress_us", number_or_null(worker.since_progress_us)},
        {"recent_decode_us", worker.recent_decode_us},
        {"counters", encode_counters(session.totals)},
    };
}

json encode_job(std::uint64_t session, const statistics::Job& job) {
    return {
        {"session", encode_number(session)},
        {"cookie", encode_number(job.cookie)},
        {"state", name(job.state)},
        {"state_age_us", encode_number(job.in_state_us)},
        {"age_us", encode_number(job.age_us)},
        {"bitstream_bytes", encode_number(job.bitstream_bytes)},
        {"dst_buffer", encode_number(job.dst_buffer)},
    };
}

json encode_kernel(const statistics::ModuleState& module) {
    json counters = json::object();
    for (const auto& [counter, value] : module.counters)
        counters[counter] = encode_number(value);
    return {
        {"module_version", text_or_null(module.version)},
        {"proto_version", number_or_null(module.proto_version)},
        {"daemon_attached", module.daemon_attached ? json(*module.daemon_attached) : json()},
        {"sessions", number_or_null(module.sessions)},
        {"sessions_waiting", number_or_null(module.sessions_waiting)},
        {"jobs_in_flight", number_or_null(module.jobs_in_flight)},
        {"counters", std::move(counters)},
    };
}

} // namespace daedalus::control
