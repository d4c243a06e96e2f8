// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/control_service.h"

#include "supervisor/supervisor.h"
#include "util/log.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

namespace daedalus::supervisor {
namespace {

constexpr char reader_group[] = "video";

control::Session encode(const Session& session, std::uint64_t now_us) {
    control::Session out;
    out.id = session.info.session;
    out.state = session.broken   ? control::SessionState::broken
                : session.worker ? control::SessionState::streaming
                                 : control::SessionState::waiting;
    out.kind = static_cast<daedalus_session_kind>(session.info.kind);
    out.codec = static_cast<daedalus_codec>(session.counted_codec);
    out.client_pid = static_cast<pid_t>(session.info.client_pid);
    out.client_comm = session.client_comm();
    if (session.worker)
        out.worker_pid = session.worker->process.pid();
    out.worker_attempt = session.info.attempt;
    out.age_us = now_us - session.since_us;
    out.counted_us = now_us - session.counted_since_us;
    out.worker = session.worker_snapshot();
    out.totals = session.totals.total(out.worker.counters);
    return out;
}

bool is_for_group(const struct stat& socket, std::optional<gid_t> group) {
    constexpr mode_t needed = S_IRGRP | S_IWGRP;
    return group && socket.st_gid == *group && (socket.st_mode & needed) == needed;
}

} // namespace

util::Result<std::unique_ptr<ControlService>> ControlService::start(sd_event* event, Supervisor& supervisor,
                                                                    const std::string& path) {
    const std::string directory = std::filesystem::path(path).parent_path();
    if (!directory.empty()) {
        // Who may connect is for the socket to say, not for this process's umask.
        constexpr mode_t mode = 0755;
        if (mkdir(directory.c_str(), mode) == 0)
            (void)chmod(directory.c_str(), mode);
        else if (errno != EEXIST)
            return util::fail_errno("can't make " + directory);
    }
    const auto group = control::find_group(reader_group);
    auto listener = control::listen_at(path, group);
    if (!listener)
        return std::unexpected(std::move(listener.error()));
    if (struct stat entry{}; stat(path.c_str(), &entry) == 0 && !is_for_group(entry, group))
        util::log(
            util::LogLevel::warning,
            "the control socket %s could not be given to the group %s: only root and the daemon's own user "
            "can use daedalusctl",
            path.c_str(), reader_group);
    std::unique_ptr<ControlService> service(new ControlService(supervisor));
    auto server = control::Server::start(event, std::move(*listener), *service, group);
    if (!server)
        return std::unexpected(std::move(server.error()));
    service->server_ = std::move(*server);
    return service;
}

control::Health ControlService::health() const {
    const std::uint64_t now_us = monotonic_us();
    control::Health health;
    health.state = supervisor_.state();
    health.state_reason = supervisor_.state_reason();
    health.state_age_us = now_us - supervisor_.state_since_us();
    health.uptime_us = now_us - supervisor_.started_us();
    if (const bridge::HelloReply& module = supervisor_.module(); module.module_protocol != 0) {
        health.module_version = module.module_version;
        health.module_proto_version = module.module_protocol;
    }
    health.restarts = supervisor_.restarts();
    health.watchdog_timeout_us = supervisor_.watchdog().timeout_us();
    health.watchdog_age_us = supervisor_.watchdog().age_us(now_us);
    health.job_timeout_ms = supervisor_.config().job_timeout_ms;
    health.sessions = supervisor_.table().sessions().size();
    health.max_sessions = supervisor_.config().max_sessions;
    health.workers_died = supervisor_.table().workers_died();
    health.codecs = supervisor_.codecs().codecs;
    for (const ProbedLibrary& library : supervisor_.codecs().libraries)
        health.libraries.push_back(
            {.name = library.name,
             .version = library.version.empty() ? std::nullopt : std::optional(library.version)});
    return health;
}

std::vector<control::Session> ControlService::sessions() const {
    const std::uint64_t now_us = monotonic_us();
    std::vector<control::Session> sessions;
    for (const auto& [id, session] : supervisor_.table().sessions())
        sessions.push_back(encode(*session, now_us));
    return sessions;
}

const statistics::CodecTotals& ControlService::codec_totals() const {
    return supervisor_.table().codec_totals();
}

void ControlService::reset_stats() {
    supervisor_.table().reset_statistics();
}

util::Result<std::uint32_t> ControlService::cancel(std::uint64_t session, std::uint64_t cookie) {
    return supervisor_.cancel(session, cookie);
}

} // namespace daedalus::supervisor
