// SPDX-License-Identifier: BSD-2-Clause
// The methods of org.varlink.service and org.daedalus.v4l2.
#pragma once

#include "control/message.h"
#include "control/peer.h"
#include "control/provider.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace daedalus::control {

/// What a call is answered with.
struct Answer {
    std::string error; ///< full name of an error; empty: it went well
    nlohmann::json parameters = nlohmann::json::object();
    /// Set: the call is a stream, to be answered again every so many milliseconds.
    std::optional<std::uint32_t> repeat_ms;
};

/// Answers calls. Knows nothing of connections.
class Methods {
  public:
    /// `provider` outlives this. `sysfs`: where sysfs is mounted.
    Methods(Provider& provider, std::filesystem::path sysfs)
        : provider_(provider), sysfs_(std::move(sysfs)) {}

    /// Answers one call of a client that may do `access`. Never throws for anything that a client sends.
    [[nodiscard]] Answer call(const Request& request, Access access);

  private:
    [[nodiscard]] Answer get_health() const;
    [[nodiscard]] Answer get_sessions(const nlohmann::json& parameters) const;
    [[nodiscard]] Answer get_jobs(const nlohmann::json& parameters) const;
    [[nodiscard]] Answer get_stats(const nlohmann::json& parameters) const;
    [[nodiscard]] Answer monitor(const Request& request);
    [[nodiscard]] const nlohmann::json& monitored_kernel();
    [[nodiscard]] Answer reset_stats();
    [[nodiscard]] Answer cancel_job(const nlohmann::json& parameters);
    [[nodiscard]] Answer cancel_session(const nlohmann::json& parameters);
    [[nodiscard]] Answer cancel_all();
    [[nodiscard]] Answer cancel(std::uint64_t session, std::uint64_t cookie);
    [[nodiscard]] bool streams(std::uint64_t session) const;

    Provider& provider_;
    std::filesystem::path sysfs_;
    /// What the module's counters were a moment ago: dozens of files, which streams of many clients need
    /// not read each for itself.
    nlohmann::json monitored_kernel_;
    std::chrono::steady_clock::time_point monitored_until_;
};

} // namespace daedalus::control
