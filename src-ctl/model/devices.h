// SPDX-License-Identifier: BSD-2-Clause
// The device nodes of the module.
#pragma once

#include "environment.h"

#include <optional>
#include <string>
#include <vector>

namespace daedalus::ctl {

struct DeviceNode {
    std::string path;    ///< "/dev/video11"
    std::string purpose; ///< "video" (the stateless one), "stateful", "media" or "daemon"
    bool exists = false;
    bool accessible = false; ///< the caller may read and write it; for the daemon's node it need not be
};

/// The nodes that sysfs says belong to the module: video and media nodes, and /dev/daedalus-v4l2.
[[nodiscard]] std::vector<DeviceNode> find_devices(const Environment& environment);

/// The number at the end of a video node's path: 10 of "/dev/video10"; nothing if there is none.
[[nodiscard]] std::optional<unsigned> node_number(const std::string& path);

/// What the driver that has /dev/videoNUMBER calls it; empty where nobody has it.
[[nodiscard]] std::string node_name(const Environment& environment, unsigned number);

/// The number that programs of before open without looking further, as it was the Raspberry Pi 4's decoder.
inline constexpr unsigned customary_number = 10;

} // namespace daedalus::ctl
