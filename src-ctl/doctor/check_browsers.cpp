// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include "doctor/probe.h"

#include <algorithm>

namespace daedalus::ctl {
namespace {

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Whether a browser takes the node, with what there is to know about that.
Check judge(const char* id, const char* title, const std::string& path,
            const std::vector<std::string>& missing, const char* hint) {
    Check check{.id = id, .title = title, .detail = {}, .fix = {}};
    if (missing.empty()) {
        check.detail = "takes " + path + hint;
    } else {
        check.result = CheckResult::fail;
        check.detail = "does not take " + path + ", which lacks " + join(missing);
        check.fix = "daedalusctl status tells whether the service runs; if it does, this is a bug: report it";
    }
    return check;
}

/// Chromium from 151 on takes the first node that it likes, and looks no further.
std::string earlier_decoder(const Environment& environment, unsigned number) {
    for (unsigned earlier = 0; earlier < number; ++earlier) {
        const std::string name = node_name(environment, earlier);
        if (name.empty())
            continue;
        std::string path = "/dev/video" + std::to_string(earlier);
        const auto answers = probe_node(path);
        if (answers && missing_for_chromium(*answers).empty())
            return path;
    }
    return {};
}

} // namespace

void check_browsers(const Environment& environment, const World& world, std::vector<Check>& checks) {
    const auto node = std::ranges::find_if(world.devices, [](const DeviceNode& device) {
        return device.purpose == "stateful" && device.exists && device.accessible;
    });
    const auto skip = [&](const std::string& why) {
        for (const auto& [id, title] : {std::pair{"firefox", "Firefox"}, std::pair{"chromium", "Chromium"}})
            checks.push_back(
                {.id = id, .title = title, .result = CheckResult::skip, .detail = why, .fix = {}});
    };
    if (environment.root != "/" || node == world.devices.end())
        return skip("no stateful node to ask");
    const auto answers = probe_node(node->path);
    if (!answers)
        return skip(answers.error());
    checks.push_back(judge(
        "firefox", "Firefox", node->path, missing_for_firefox(*answers),
        ", with media.hardware-video-decoding.force-enabled in about:config and the Raspberry Pi's FFmpeg"));
    checks.push_back(judge("chromium", "Chromium", node->path, missing_for_chromium(*answers), ""));
    const std::string earlier = earlier_decoder(environment, node_number(node->path).value_or(0));
    if (checks.back().result == CheckResult::pass && !earlier.empty()) {
        checks.back().result = CheckResult::warn;
        checks.back().detail = "from version 151 on takes " + earlier + " instead, which comes first";
        checks.back().fix = "unload the driver of " + earlier + ", if it is not wanted";
    }
}

} // namespace daedalus::ctl
