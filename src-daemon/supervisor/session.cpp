// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/session.h"

#include "bridge/codec_names.h"
#include "statistics/recorder.h"

#include <cstring>

namespace daedalus::supervisor {

Session::Session(const daedalus_session_info& session_info, std::uint64_t now_us)
    : info(session_info), since_us(now_us), counted_since_us(now_us), counted_codec(session_info.codec) {}

std::string Session::client_comm() const {
    return {info.client_comm, strnlen(info.client_comm, sizeof(info.client_comm))};
}

util::LogContext Session::log_context() const {
    util::LogContext context;
    context.session = info.session;
    context.codec = bridge::codec_title(static_cast<daedalus_codec>(info.codec));
    context.client_pid = info.client_pid;
    context.client_comm = client_comm();
    return context;
}

statistics::Snapshot Session::worker_snapshot() const {
    if (!worker)
        return {};
    return statistics::snapshot(worker->page, statistics::monotonic_ns());
}

bool Session::note_death(std::uint64_t now_us, const config::Config& config) {
    const std::uint64_t window_us = config.worker_death_window_s * std::uint64_t(1000000);
    deaths_us.push_back(now_us);
    while (now_us - deaths_us.front() > window_us)
        deaths_us.pop_front();
    return deaths_us.size() >= config.worker_deaths;
}

std::uint64_t monotonic_us() {
    return statistics::monotonic_ns() / 1000;
}

} // namespace daedalus::supervisor
