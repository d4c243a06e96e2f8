// SPDX-License-Identifier: BSD-2-Clause
// Everything outside of daedalusctl that it looks at or writes to, so that tests can give it another world.
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace daedalus::ctl {

/// The process's exit status.
enum ExitCode : int {
    exit_healthy = 0,
    exit_degraded = 1,
    exit_critical = 2,
    exit_unknown = 3, ///< also: the command line is wrong, or the caller may not ask
};

struct Environment {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    /// Put before every path that is read: /sys, /dev, /lib/modules and so on.
    std::filesystem::path root = "/";
    std::string socket;         ///< path of the control socket; `root` does not apply
    std::string kernel_release; ///< of the running kernel, as uname -r
    std::string machine;        ///< as uname -m
    bool out_is_terminal = false;
    bool in_is_terminal = false;
    bool color = false;
    unsigned width = 80;                     ///< columns of the output
    std::chrono::milliseconds timeout{1000}; ///< for everything that the daemon is asked in one command

    /// `absolute` below root.
    [[nodiscard]] std::filesystem::path at(const std::filesystem::path& absolute) const {
        return root / absolute.relative_path();
    }
};

/// Names that more than one part needs.
inline constexpr char service_unit[] = "daedalusd.service";
inline constexpr char module_name[] = "daedalus_v4l2";
inline constexpr char dkms_name[] = "daedalus-v4l2";

} // namespace daedalus::ctl
