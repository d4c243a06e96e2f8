// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include "model/verdict.h"
#include "util/log.h"

#include "daedalus/protocol.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

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

Check check_node(const World& world, const std::string& purpose, const char* title) {
    Check check{.id = "node_" + purpose, .title = title, .detail = {}, .fix = {}};
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

bool has_node(const World& world, std::string_view purpose) {
    return std::ranges::find(world.devices, purpose, &DeviceNode::purpose) != world.devices.end();
}

void check_nodes(const World& world, std::vector<Check>& checks) {
    const auto add = [&](const char* purpose, const char* title, const char* parameter) {
        checks.push_back(check_node(world, purpose, title));
        if (parameter != nullptr && turned_off(world, purpose)) {
            checks.back().result = CheckResult::skip;
            checks.back().detail = std::string("turned off by the module's parameter ") + parameter;
            checks.back().fix.clear();
        }
    };
    add("video", "stateless video node", "stateless");
    if (!turned_off(world, "video"))
        add("media", "media node", nullptr);
    add("stateful", "stateful video node", "stateful");
    add("daemon", "daemon node", nullptr);
}

/// Who else has the number that some programs open without looking further?
void check_number(const Environment& environment, const World& world, std::vector<Check>& checks) {
    const auto node = std::ranges::find(world.devices, "stateful", &DeviceNode::purpose);
    if (node == world.devices.end())
        return;
    Check check{
        .id = "stateful_number", .title = "number of the stateful node", .detail = node->path, .fix = {}};
    if (node_number(node->path) != customary_number) {
        const std::string owner = node_name(environment, customary_number);
        check.result = CheckResult::warn;
        check.detail += ": Chromium before 151 opens /dev/video10 only, which " +
                        (owner.empty() ? "nobody has" : util::printable(owner) + " has");
        check.fix = owner.empty() ? "sudo modprobe -r daedalus_v4l2 && sudo modprobe daedalus_v4l2"
                                  : "load daedalus_v4l2 before that driver, or do without";
    }
    checks.push_back(check);
}

Check check_links(const Environment& environment, const World& world) {
    Check check{.id = "udev_links", .title = "udev links", .detail = {}, .fix = {}};
    std::string missing;
    const auto append = [](std::string& list, std::string_view link) {
        list += list.empty() ? "" : ", ";
        list += link;
    };
    for (const auto& [purpose, link] :
         {std::pair{"video", "/dev/video-dec0"}, std::pair{"media", "/dev/media-dec0"},
          std::pair{"stateful", "/dev/video-stateful-dec0"}}) {
        if (turned_off(world, purpose) ||
            (purpose == std::string_view("media") && turned_off(world, "video")))
            continue;
        std::error_code error;
        append(std::filesystem::exists(environment.at(link), error) ? check.detail : missing, link);
    }
    if (missing.empty())
        return check;
    check.result = CheckResult::warn;
    check.detail = "there is no " + missing;
    check.fix = "sudo udevadm control --reload && sudo udevadm trigger";
    return check;
}

} // namespace

bool turned_off(const World& world, std::string_view purpose) {
    return !has_node(world, purpose) && has_node(world, purpose == "stateful" ? "video" : "stateful");
}

void check_device(const Environment& environment, const World& world, std::vector<Check>& checks) {
    checks.push_back(check_module(world));
    checks.push_back(check_protocol(world));
    check_nodes(world, checks);
    check_number(environment, world, checks);
    checks.push_back(check_links(environment, world));
}

} // namespace daedalus::ctl
