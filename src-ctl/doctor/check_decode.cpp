// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include "doctor/test_decode.h"
#include "text/units.h"

#include <algorithm>

namespace daedalus::ctl {

void check_decode(const Environment& environment, const World& world, std::vector<Check>& checks) {
    Check check{.id = "decode", .title = "decode of a test picture", .detail = {}, .fix = {}};
    const auto usable = [&](const char* purpose) {
        return std::ranges::find_if(world.devices, [&](const DeviceNode& node) {
            return node.purpose == purpose && node.exists && node.accessible;
        });
    };
    const auto video = usable("video");
    const auto media = usable("media");
    if (environment.root != "/" || video == world.devices.end() || media == world.devices.end()) {
        check.result = CheckResult::skip;
        check.detail = "no device to decode with";
        checks.push_back(check);
        return;
    }
    const auto decoded = decode_test_frame(video->path, media->path, std::chrono::seconds(5));
    if (decoded) {
        check.detail = "H.264, bit-exact in " + format_duration(decoded->microseconds);
    } else {
        check.result = CheckResult::fail;
        check.detail = decoded.error();
        check.fix = "daedalusctl log may tell why";
    }
    checks.push_back(check);
}

} // namespace daedalus::ctl
