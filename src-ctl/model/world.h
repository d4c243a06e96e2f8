// SPDX-License-Identifier: BSD-2-Clause
// All that a command looks at: what the daemon says, what the kernel says, what is installed.
#pragma once

#include "environment.h"
#include "model/devices.h"
#include "model/kernels.h"
#include "model/varlink_client.h"
#include "statistics/module_sysfs.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace daedalus::ctl {

/// A connection to the daemon with one deadline for all calls of a command.
class Daemon {
  public:
    explicit Daemon(const Environment& environment);

    /// Calls org.daedalus.v4l2.`method`. After a failure other than an error reply every further call fails
    /// the same way at once, so that a hung daemon costs its deadline once.
    [[nodiscard]] CallResult<nlohmann::json>
    call(const std::string& method, const nlohmann::json& parameters = nlohmann::json::object());
    /// Begins a stream on the connection, which is then the caller's.
    [[nodiscard]] CallResult<VarlinkClient> stream(const std::string& method,
                                                   const nlohmann::json& parameters);

  private:
    VarlinkClient::Clock::time_point deadline_;
    CallResult<VarlinkClient> client_; ///< or why it can't be asked
};

/// What `status` is made of.
struct World { // NOLINT(bugprone-exception-escape): it holds JSON, whose destructor may allocate
    std::optional<CallFailure> failure; ///< why the daemon did not answer
    nlohmann::json health;              ///< type Health, or null
    nlohmann::json sessions;            ///< list of Session, or null
    statistics::ModuleState module;
    std::vector<Kernel> kernels;
    std::vector<DeviceNode> devices;
};

/// Looks at everything. Takes at most the environment's timeout.
[[nodiscard]] World look_around(const Environment& environment);

/// Whether nobody listens because one daemon has ended and the next is about to begin: the service manager
/// keeps what the module knows it by.
[[nodiscard]] bool is_restarting(const CallFailure& failure, const statistics::ModuleState& module);

/// Whether a failure means that the daemon could not be asked, rather than that it answered with an error.
[[nodiscard]] bool unreachable(const CallFailure& failure);

/// The member "daemon" of every JSON document: whether it answered, and if not, why.
[[nodiscard]] nlohmann::json encode_reachability(const std::optional<CallFailure>& failure);

} // namespace daedalus::ctl
