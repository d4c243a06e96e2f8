// SPDX-License-Identifier: BSD-2-Clause
// The device nodes of the module.
#pragma once

#include "environment.h"

#include <string>
#include <vector>

namespace daedalus::ctl {

struct DeviceNode {
    std::string path;    ///< "/dev/video11"
    std::string purpose; ///< "video", "media" or "daemon"
    bool exists = false;
    bool accessible = false; ///< the caller may read and write it; for the daemon's node it need not be
};

/// The nodes that sysfs says belong to the module: video and media nodes, and /dev/daedalus-v4l2.
[[nodiscard]] std::vector<DeviceNode> find_devices(const Environment& environment);

} // namespace daedalus::ctl
