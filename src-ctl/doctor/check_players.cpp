// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace daedalus::ctl {
namespace {

namespace fs = std::filesystem;

/// A file below the library directory of this machine's architecture, or of one without multiarch.
std::string find_library(const Environment& environment, const std::string& name) {
    std::error_code error;
    for (const std::string& directory : {"/usr/lib/" + environment.machine + "-linux-gnu",
                                         std::string("/usr/lib64"), std::string("/usr/lib")})
        if (fs::exists(environment.at(directory) / name, error))
            return (fs::path(directory) / name).string();
    return {};
}

} // namespace

void check_players(const Environment& environment, const World& world, std::vector<Check>& checks) {
    const bool has_nodes = std::ranges::any_of(
        world.devices, [](const DeviceNode& node) { return node.purpose == "media" && node.exists; });
    const auto add = [&](const char* id, const char* title, const std::string& library, const char* offers,
                         CheckResult missing, const char* fix) {
        Check check{.id = id, .title = title, .detail = {}, .fix = {}};
        const std::string found = find_library(environment, library);
        if (turned_off(world, "video")) {
            check.result = CheckResult::skip;
            check.detail = "it is for the stateless node, which is turned off";
        } else if (found.empty()) {
            check.result = missing;
            check.detail = library + " is not installed";
            check.fix = fix;
        } else {
            check.detail = has_nodes ? std::string(offers) : found + ", but it has no device to find";
            check.result = has_nodes ? CheckResult::pass : CheckResult::fail;
        }
        checks.push_back(check);
    };
    add("gstreamer", "GStreamer", "gstreamer-1.0/libgstv4l2codecs.so",
        "v4l2codecs finds the device: v4l2slh264dec and others", CheckResult::warn,
        "sudo apt install gstreamer1.0-plugins-bad");
    // In no distribution yet, and browsers have the stateful node.
    add("vaapi", "VA-API", "dri/v4l2_request_drv_video.so",
        "the v4l2_request driver finds the device with LIBVA_DRIVER_NAME=v4l2_request", CheckResult::skip,
        "");
}

} // namespace daedalus::ctl
