// SPDX-License-Identifier: BSD-2-Clause
// What the control socket needs from the supervisor, and nothing else of it.
#pragma once

#include "statistics/session_totals.h"
#include "statistics/snapshot.h"
#include "util/error.h"

#include "daedalus/protocol.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace daedalus::control {

/// The fields are those of the interface's type Health; see include/org.daedalus.v4l2.varlink.
enum class DaemonState {
    starting,
    serving,
    no_module,
    refused,
    failed,
};

struct Library {
    std::string name;
    std::optional<std::string> version;
};

struct Health {
    DaemonState state = DaemonState::starting;
    std::string state_reason; ///< a sentence without full stop; empty while all is well
    std::uint64_t state_age_us = 0;
    std::uint64_t uptime_us = 0;
    std::optional<std::uint64_t> restarts;
    std::optional<std::string> module_version;
    std::optional<std::uint32_t> module_proto_version;
    std::optional<std::uint64_t> watchdog_timeout_us;
    std::optional<std::uint64_t> watchdog_age_us;
    std::uint32_t job_timeout_ms = 0;
    std::size_t sessions = 0; ///< of Provider::sessions()
    std::uint32_t max_sessions = 0;
    std::uint64_t workers_died = 0;
    std::uint64_t codecs = 0; ///< 1 << enum daedalus_codec
    std::vector<Library> libraries;
};

enum class SessionState {
    waiting,
    streaming,
    broken,
};

struct Session {
    std::uint64_t id = 0;
    enum daedalus_session_kind kind = DAEDALUS_SESSION_STATELESS;
    SessionState state = SessionState::waiting;
    enum daedalus_codec codec = DAEDALUS_CODEC_H264; ///< as the kernel says
    pid_t client_pid = 0;
    std::string client_comm; ///< any bytes: chosen by the client
    std::optional<pid_t> worker_pid;
    std::uint32_t worker_attempt = 0; ///< as in daedalus_session_info
    std::uint64_t age_us = 0;
    std::uint64_t counted_us = 0; ///< age_us, or less after reset_stats()
    statistics::Counters totals;  ///< over all workers of the session: SessionTotals::total()
    statistics::Snapshot worker;  ///< the present worker's page; all zeros without one
};

/// Implemented by the supervisor. All functions are called from its event loop and return at once; none may
/// wait for a worker, the kernel's work or a client.
class Provider {
  public:
    Provider() = default;
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;
    virtual ~Provider() = default;

    [[nodiscard]] virtual Health health() const = 0;
    /// The sessions that stream, in the order of their ids.
    [[nodiscard]] virtual std::vector<Session> sessions() const = 0;
    /// The sessions that have ended, by codec. Those of sessions() are added by the caller.
    [[nodiscard]] virtual const statistics::CodecTotals& codec_totals() const = 0;
    /// SessionTotals::reset() for each session, and CodecTotals::reset().
    virtual void reset_stats() = 0;
    /// Ends one job of a session, or with cookie 0 all of them, by bridge::ControlDevice::cancel(). Returns
    /// how many were ended. ENOENT: no such session, or no such job.
    virtual util::Result<std::uint32_t> cancel(std::uint64_t session, std::uint64_t cookie) = 0;
};

} // namespace daedalus::control
