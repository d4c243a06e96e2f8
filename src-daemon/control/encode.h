// SPDX-License-Identifier: BSD-2-Clause
// The types of org.daedalus.v4l2 as JSON.
#pragma once

#include "control/provider.h"
#include "statistics/module_sysfs.h"

#include <nlohmann/json.hpp>

namespace daedalus::control {

/// A number as Varlink's int, which is signed: too large ones become the largest.
[[nodiscard]] nlohmann::json encode_number(std::uint64_t number);
/// Type Health.
[[nodiscard]] nlohmann::json encode_health(const Health& health);
[[nodiscard]] nlohmann::json encode_counters(const statistics::Counters& counters);
[[nodiscard]] nlohmann::json encode_session(const Session& session);
[[nodiscard]] nlohmann::json encode_job(std::uint64_t session, const statistics::Job& job);
/// Type Kernel.
[[nodiscard]] nlohmann::json encode_kernel(const statistics::ModuleState& module);

} // namespace daedalus::control
