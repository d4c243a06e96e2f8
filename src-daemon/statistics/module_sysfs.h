// SPDX-License-Identifier: BSD-2-Clause
// What the kernel module says about itself in sysfs, also when no daemon lives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace daedalus::statistics {

/// The module's attributes; what is unset has no file, as in a module of another version.
struct ModuleState {
    bool loaded = false; ///< the platform device or the module itself is there
    std::optional<std::string> version;
    std::optional<std::uint64_t> proto_version;
    std::optional<bool> daemon_attached;
    std::optional<std::string> daemon_version;
    std::optional<std::string> video_device; ///< "video11"
    std::optional<std::uint64_t> clients;    ///< open files of the video node
    std::optional<std::uint64_t> sessions;   ///< those that stream
    std::optional<std::uint64_t> sessions_waiting;
    std::optional<std::uint64_t> jobs_in_flight;
    std::optional<std::uint64_t> job_timeout_ms;
    std::map<std::string, std::uint64_t> counters; ///< by file name
};

/// Reads /sys/devices/platform/daedalus_v4l2 and /sys/module/daedalus_v4l2 below `root` ("/sys"). Never
/// fails: what cannot be read is unset.
[[nodiscard]] ModuleState read_module(const std::filesystem::path& sysfs = "/sys");

} // namespace daedalus::statistics
