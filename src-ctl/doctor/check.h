// SPDX-License-Identifier: BSD-2-Clause
// The checks of `daedalusctl doctor`, from the kernel to the players.
#pragma once

#include "environment.h"
#include "model/world.h"

#include <string>
#include <string_view>
#include <vector>

namespace daedalus::ctl {

enum class CheckResult {
    pass,
    warn, ///< works, but not for long or not for everybody
    fail,
    skip, ///< could not be looked at
};

struct Check {
    std::string id; ///< for programs; never changes
    std::string title;
    CheckResult result = CheckResult::pass;
    std::string detail;
    std::string fix; ///< what to type or do; empty when all is well
};

/// Whether a parameter of the module has turned this node off, "video" or "stateful": it is not missed.
[[nodiscard]] bool turned_off(const World& world, std::string_view purpose);

/// Kernel options, headers, DKMS.
void check_kernel(const Environment& environment, const World& world, std::vector<Check>& checks);
/// The module, its nodes, who may open them, the udev links.
void check_device(const Environment& environment, const World& world, std::vector<Check>& checks);
/// The service, its answer, the protocol, the libraries that it found.
void check_daemon(const Environment& environment, const World& world, std::vector<Check>& checks);
/// A picture through the real device. Skipped when the environment's root is not "/".
void check_decode(const Environment& environment, const World& world, std::vector<Check>& checks);
/// What GStreamer and VA-API would find.
void check_players(const Environment& environment, const World& world, std::vector<Check>& checks);
/// Whether Firefox and Chromium would take the stateful node. Skipped when the environment's root is not "/".
void check_browsers(const Environment& environment, const World& world, std::vector<Check>& checks);

} // namespace daedalus::ctl
