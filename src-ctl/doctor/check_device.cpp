// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include "model/verdict.h"
#include "util/log.h"

#include "daedalus/protocol.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace daedalus::ctl {
namespace {

Check check_module(const World& world) {
    Check check{.id = "module_loaded", .title = "module loaded", .detail = {}, .fix = {}};
    if (world.module.loaded) {
        check.detail = util::printable(world.module.version.value_or("version unknown"));
        return check;
    }
    check.result = CheckResult::fail;
    check.detail = "daedalus_v4l2 is not loaded";
    check.fix = "sudo modprobe daedalus_v4l2";
    return check;
}

Check check_protocol(const World& world) {
    Check check{.id = "protocol", .title = "protocol of module and programs", .detail = {}, .fix = {}};
    const std::uint64_t ours = DAEDALUS_PROTO_VERSION;
    if (!world.module.proto_version) {
        check.result = CheckResult::skip;
        check.detail = "the module does not say";
        return check;
    }
    check.detail = std::to_string(ours);
    if (*world.module.proto_version == ours)
        return check;
    check.result = CheckResult::fail;
    check.detail = "the loaded module speaks " + std::to_string(*world.module.proto_version) +
                   ", the installed programs " + std::to_string(ours);
    check.fix = "sudo modprobe -r daedalus_v4l2 && sudo modprobe daedalus_v4l2, or reboot";
    return check;
}

Check check_node(const World& world, const std::string& purpose) {
    Check check{.id = "node_" + purpose, .title = purpose + " node", .detail = {}, .fix = {}};
    const auto node = std::ranges::find(world.devices, purpose, &DeviceNode::purpose);
    if (node == world.devices.end()) {
        check.result = CheckResult::fail;
        check.detail = "the module has none";
        check.fix = world.module.loaded ? "sudo dmesg | grep daedalus tells why" : "load the module first";
    } else if (!node->exists) {
        check.result = CheckResult::fail;
        check.detail = node->path + " does not exist";
        check.fix = "sudo udevadm trigger";
    } else if (purpose != "daemon" && !node->accessible) {
        check.result = CheckResult::fail;
        check.detail = node->path + " is not for this user";
        check.fix = "sudo adduser \"$USER\" video, and log in again";
    } else {
        check.detail = node->path;
    }
    return check;
}

Check check_links(const Environment& environment) {
    Check check{
        .id = "udev_links", .title = "udev links", .detail = "/dev/video-dec0, /dev/media-dec0", .fix = {}};
    std::error_code error;
    if (std::filesystem::exists(environment.at("/dev/video-dec0"), error) &&
        std::filesystem::exists(environment.at("/dev/media-dec0"), error))
        return check;
    check.result = CheckResult::warn;
    check.detail = "/dev/video-dec0 or /dev/media-dec0 is missing";
    check.fix = "sudo udevadm control --reload && sudo udevadm trigger";
    return check;
}

} // namespace

void check_device(const Environment& environment, const World& world, std::vector<Check>& checks) {
    checks.push_back(check_module(world));
    checks.push_back(check_protocol(world));
    for (const char* purpose : {"video", "media", "daemon"})
        checks.push_back(check_node(world, purpose));
    checks.push_back(check_links(environment));
}

} // namespace daedalus::ctl
