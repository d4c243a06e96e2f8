// SPDX-License-Identifier: BSD-2-Clause
// The installed kernels, and whether each has what the module needs: the question is not only whether video
// decodes now but whether it still will after the next reboot.
#pragma once

#include "environment.h"

#include <string>
#include <vector>

namespace daedalus::ctl {

struct Kernel {
    std::string release; ///< "6.12.25+rpt-rpi-2712"
    bool running = false;
    bool newest = false;       ///< the newest installed one of the running kernel's flavour
    bool headers = false;      ///< its headers are installed
    bool module_built = false; ///< daedalus_v4l2.ko is there for it
    /// The package that brings the headers, such as "linux-headers-rpi-2712".
    std::string headers_package;
};

/// "rpi-2712" for "6.12.25+rpt-rpi-2712", "amd64" for "6.1.0-37-amd64"; empty when there is none.
[[nodiscard]] std::string kernel_flavour(const std::string& release);

/// The running kernel first, then the newest if that is another. A machine that boots a kernel which is not
/// below /lib/modules has one entry.
[[nodiscard]] std::vector<Kernel> find_kernels(const Environment& environment);

/// Versions of the module that DKMS knows, whether built or not.
[[nodiscard]] std::vector<std::string> dkms_versions(const Environment& environment);

/// What to type so that `kernel` has the module; empty if it has.
[[nodiscard]] std::string kernel_remedy(const Kernel& kernel);

} // namespace daedalus::ctl
